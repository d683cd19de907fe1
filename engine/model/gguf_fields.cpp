#include "engine/model/detail/gguf_fields.h"

#include "engine/error.h"
#include "engine/model/detail/message.h"

#include <bit>
#include <cmath>

namespace engine::model {

namespace {

constexpr std::uint64_t maxTextBytes = std::uint64_t{1} << 20;

std::optional<double> numberOf(const GgufValue &value)
{
    if (value.type == GgufValueType::F32) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits));
    }
    if (value.type == GgufValueType::F64) {
        return std::bit_cast<double>(value.bits);
    }
    const auto integer = ggufInteger(value);
    return integer ? std::optional(static_cast<double>(*integer)) : std::nullopt;
}

std::string shown(const GgufValue &value)
{
    const auto integer = ggufInteger(value);
    const auto number = numberOf(value);
    if (integer || number) {
        return "= " + (integer ? std::to_string(*integer) : shortest(*number));
    }
    return "of type " + ggufValueTypeName(value.type);
}

} // namespace

void GgufFields::fail(ErrorCode code, const std::string &key, const std::string &what) const
{
    throw Error(code, m_file->name(), name(key), m_file->name() + ": " + name(key) + " " + what + ".");
}

void GgufFields::failInvalid(const std::string &key, const std::string &what) const
{
    fail(ErrorCode::ConfigInvalid, key, what);
}

void GgufFields::failUnsupported(const std::string &key, const std::string &what) const
{
    fail(ErrorCode::UnsupportedFeature, key, what);
}

const GgufValue &GgufFields::required(const std::string &key) const
{
    const GgufValue *found = value(key);
    if (found == nullptr) {
        failInvalid(key, "is missing");
    }
    return *found;
}

const GgufValue &GgufFields::scalar(const std::string &key) const
{
    const GgufValue &found = required(key);
    if (found.type == GgufValueType::Array) {
        failUnsupported(key, "is a list (a value for each layer), which is not supported");
    }
    return found;
}

int GgufFields::integer(const std::string &key, int lowest, int highest) const
{
    const GgufValue &found = scalar(key);
    const auto number = ggufInteger(found);
    if (!number) {
        const bool tooLarge = found.type == GgufValueType::U64;
        failInvalid(key,
                    shown(found) + (tooLarge ? " is outside " + rangeText(lowest, highest)
                                             : " is not an integer (allowed: " + rangeText(lowest, highest) + ")"));
    }
    if (*number < lowest || *number > highest) {
        failInvalid(key, shown(found) + " is outside " + rangeText(lowest, highest));
    }
    return static_cast<int>(*number);
}

int GgufFields::integer(const std::string &key, int lowest, int highest, int ifAbsent) const
{
    return has(key) ? integer(key, lowest, highest) : ifAbsent;
}

double GgufFields::real(const std::string &key, RealRange range) const
{
    const bool included = range.end == RealRange::Lowest::Included;
    const std::string allowed = included ? shortest(range.lowest) + " to " + shortest(range.highest)
                                         : "above " + shortest(range.lowest) + ", up to " + shortest(range.highest);
    const GgufValue &found = scalar(key);
    const auto number = numberOf(found);
    if (!number) {
        failInvalid(key, shown(found) + " is not a number (allowed: " + allowed + ")");
    }
    const bool tooSmall = *number < range.lowest || (*number == range.lowest && !included);
    if (!std::isfinite(*number) || tooSmall || *number > range.highest) {
        failInvalid(key, shown(found) + " is outside the allowed range (" + allowed + ")");
    }
    return *number;
}

double GgufFields::real(const std::string &key, RealRange range, double ifAbsent) const
{
    return has(key) ? real(key, range) : ifAbsent;
}

bool GgufFields::boolean(const std::string &key, bool ifAbsent) const
{
    if (!has(key)) {
        return ifAbsent;
    }
    const GgufValue &found = scalar(key);
    if (found.type != GgufValueType::Bool) {
        failInvalid(key, shown(found) + " is neither true nor false");
    }
    return found.bits != 0;
}

std::string GgufFields::text(const std::string &key) const
{
    const GgufValue &found = scalar(key);
    if (found.type != GgufValueType::Text) {
        failInvalid(key, shown(found) + " is not a text");
    }
    return m_file->text(name(key), found, maxTextBytes);
}

std::string GgufFields::text(const std::string &key, const std::string &ifAbsent) const
{
    return has(key) ? text(key) : ifAbsent;
}

const GgufValue &GgufFields::list(const std::string &key, GgufValueType elementType) const
{
    const GgufValue &found = required(key);
    if (found.type != GgufValueType::Array || found.elementType != elementType) {
        failInvalid(key, "is not a list of " + ggufValueTypeName(elementType));
    }
    return found;
}

} // namespace engine::model
