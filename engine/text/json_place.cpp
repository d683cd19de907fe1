#include "engine/text/detail/json_place.h"

#include "engine/text/detail/utf8.h"

namespace engine::text::detail {
namespace {

/// For error sentences: what an untrusted file says may not steer a terminal.
std::string printable(std::string_view text)
{
    std::size_t limit = 60;
    while (limit > 0 && limit < text.size() && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U)
        --limit; // not inside a character
    std::string shown = toValidUtf8(text.substr(0, limit));
    for (char &c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = '?';
    }
    return shown + (text.size() > limit ? "…" : "");
}

std::string sentence(const std::string &file, const std::string &path, const std::string &why)
{
    return file + ": " + (path.empty() ? "" : path + ": ") + why;
}

} // namespace

JsonPlace JsonPlace::member(const std::string &key) const
{
    static const nlohmann::json absent;
    if (!m_value->is_object())
        invalid("must be an object.");
    const auto found = m_value->find(key);
    return {found == m_value->end() ? absent : *found, m_file, m_path.empty() ? key : m_path + "." + key};
}

JsonPlace JsonPlace::element(std::size_t index) const
{
    return {(*m_value)[index], m_file, m_path + "[" + std::to_string(index) + "]"};
}

std::size_t JsonPlace::arraySize() const
{
    if (!m_value->is_array())
        invalid("must be an array.");
    return m_value->size();
}

const std::string &JsonPlace::text() const
{
    if (!m_value->is_string())
        invalid("must be a string.");
    return m_value->get_ref<const std::string &>();
}

bool JsonPlace::boolean(bool absent) const
{
    if (isNull())
        return absent;
    if (!m_value->is_boolean())
        invalid("must be true or false.");
    return m_value->get<bool>();
}

std::int64_t JsonPlace::integer(std::int64_t low, std::int64_t high) const
{
    // is_number_integer() holds for 64-bit unsigned numbers as well, which get<int64_t>() would wrap.
    const bool fits =
        m_value->is_number_integer() &&
        (!m_value->is_number_unsigned() || m_value->get<std::uint64_t>() <= static_cast<std::uint64_t>(high));
    if (!fits || m_value->get<std::int64_t>() < low || m_value->get<std::int64_t>() > high)
        invalid("must be an integer from " + std::to_string(low) + " to " + std::to_string(high) + ".");
    return m_value->get<std::int64_t>();
}

void JsonPlace::invalid(const std::string &why) const
{
    throw Error(ErrorCode::TokenizerInvalid, m_file, m_path, sentence(m_file, m_path, why));
}

void JsonPlace::unsupported(const std::string &why) const
{
    throw Error(ErrorCode::UnsupportedFeature, m_file, m_path, sentence(m_file, m_path, why));
}

std::string inQuotes(std::string_view text)
{
    return "\"" + printable(text) + "\"";
}

} // namespace engine::text::detail
