#include "engine/model/detail/config_object.h"

#include "engine/error.h"
#include "engine/model/detail/message.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace engine::model {

namespace {

std::string shown(const nlohmann::json &value)
{
    return printable(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

} // namespace

ConfigObject::ConfigObject(const nlohmann::json &object, std::string file, std::string prefix)
    : m_object(&object), m_file(std::move(file)), m_prefix(std::move(prefix))
{
}

void ConfigObject::failInvalid(const std::string &key, const std::string &what) const
{
    throw Error(ErrorCode::ConfigInvalid, m_file, field(key), m_file + ": " + field(key) + " " + what + ".");
}

void ConfigObject::failUnsupported(const std::string &key, const std::string &what) const
{
    throw Error(ErrorCode::UnsupportedFeature, m_file, field(key), m_file + ": " + field(key) + " " + what + ".");
}

const nlohmann::json *ConfigObject::value(const std::string &key) const
{
    const auto found = m_object->find(key);
    return found == m_object->end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json &ConfigObject::required(const std::string &key) const
{
    const nlohmann::json *found = value(key);
    if (found == nullptr) {
        failInvalid(key, m_object->contains(key) ? "is null, but it must have a value" : "is missing");
    }
    return *found;
}

int ConfigObject::integerFrom(const nlohmann::json &number, const std::string &key, int lowest, int highest) const
{
    if (!number.is_number_integer()) {
        failInvalid(key, "= " + shown(number) + " is not an integer (allowed: " + rangeText(lowest, highest) + ")");
    }
    // Unsigned values above the signed range would look negative.
    const bool tooLarge = number.is_number_unsigned() && number.get<std::uint64_t>() > INT32_MAX;
    const std::int64_t found = tooLarge ? INT64_MAX : number.get<std::int64_t>();
    if (found < lowest || found > highest) {
        failInvalid(key, "= " + shown(number) + " is outside " + rangeText(lowest, highest));
    }
    return static_cast<int>(found);
}

int ConfigObject::integer(const std::string &key, int lowest, int highest) const
{
    return integerFrom(required(key), key, lowest, highest);
}

int ConfigObject::integer(const std::string &key, int lowest, int highest, int ifAbsent) const
{
    return has(key) ? integer(key, lowest, highest) : ifAbsent;
}

double ConfigObject::real(const std::string &key, RealRange range) const
{
    const bool included = range.end == RealRange::Lowest::Included;
    const std::string allowed = included ? shortest(range.lowest) + " to " + shortest(range.highest)
                                         : "above " + shortest(range.lowest) + ", up to " + shortest(range.highest);
    const nlohmann::json &number = required(key);
    if (!number.is_number()) {
        failInvalid(key, "= " + shown(number) + " is not a number (allowed: " + allowed + ")");
    }
    const auto found = number.get<double>();
    const bool tooSmall = found < range.lowest || (found == range.lowest && !included);
    if (!std::isfinite(found) || tooSmall || found > range.highest) {
        failInvalid(key, "= " + shown(number) + " is outside the allowed range (" + allowed + ")");
    }
    return found;
}

double ConfigObject::real(const std::string &key, RealRange range, double ifAbsent) const
{
    return has(key) ? real(key, range) : ifAbsent;
}

bool ConfigObject::boolean(const std::string &key) const
{
    const nlohmann::json &found = required(key);
    if (!found.is_boolean()) {
        failInvalid(key, "= " + shown(found) + " is neither true nor false");
    }
    return found.get<bool>();
}

bool ConfigObject::boolean(const std::string &key, bool ifAbsent) const
{
    return has(key) ? boolean(key) : ifAbsent;
}

std::string ConfigObject::text(const std::string &key) const
{
    const nlohmann::json &found = required(key);
    if (!found.is_string()) {
        failInvalid(key, "= " + shown(found) + " is not a text");
    }
    return found.get<std::string>();
}

std::string ConfigObject::text(const std::string &key, const std::string &ifAbsent) const
{
    return has(key) ? text(key) : ifAbsent;
}

std::vector<int> ConfigObject::integers(const std::string &key, int lowest, int highest) const
{
    const nlohmann::json *found = value(key);
    if (found == nullptr) {
        return {};
    }
    if (!found->is_array()) {
        return {integerFrom(*found, key, lowest, highest)};
    }
    std::vector<int> numbers;
    for (const nlohmann::json &number : *found) {
        numbers.push_back(integerFrom(number, key, lowest, highest));
    }
    return numbers;
}

std::vector<std::string> ConfigObject::texts(const std::string &key) const
{
    const nlohmann::json *found = value(key);
    if (found == nullptr) {
        return {};
    }
    const auto isText = [](const nlohmann::json &item) { return item.is_string(); };
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), isText)) {
        failInvalid(key, "= " + shown(*found) + " is not a list of texts");
    }
    return found->get<std::vector<std::string>>();
}

std::optional<ConfigObject> ConfigObject::object(const std::string &key) const
{
    const nlohmann::json *found = value(key);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->is_object()) {
        failInvalid(key, "= " + shown(*found) + " is not an object");
    }
    return ConfigObject(*found, m_file, field(key) + ".");
}

std::string ConfigObject::oneOf(const std::string &key, std::initializer_list<std::string_view> supported,
                                const std::string &ifAbsent) const
{
    std::string found = text(key, ifAbsent);
    if (std::find(supported.begin(), supported.end(), found) == supported.end()) {
        std::string list;
        for (const std::string_view name : supported) {
            list += (list.empty() ? "\"" : ", \"") + std::string(name) + "\"";
        }
        failUnsupported(key, "= \"" + printable(found) + "\" is not supported (supported: " + list + ")");
    }
    return found;
}

bool ConfigObject::only(const std::string &key, bool supported) const
{
    if (boolean(key, supported) != supported) {
        failUnsupported(key, std::string("= ") + (supported ? "false" : "true") +
                                 " is not supported (supported: " + (supported ? "true" : "false") + ")");
    }
    return supported;
}

void ConfigObject::allowKeys(std::initializer_list<std::string_view> known) const
{
    for (const auto &[key, ignored] : m_object->items()) {
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            failUnsupported(printable(key), "is not supported; this setting is unknown to the engine");
        }
    }
}

} // namespace engine::model
