#include "engine/model/detail/message.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace engine::model {

namespace {

constexpr std::size_t longestShown = 200;

std::string hexEscape(unsigned char byte)
{
    static constexpr char digits[] = "0123456789abcdef";
    return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

} // namespace

std::string printable(std::string_view text)
{
    std::string shown;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool startsCharacter = (byte & 0xC0) != 0x80;
        if (startsCharacter && shown.size() >= longestShown) {
            return shown + "…";
        }
        const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (byte < 0x20 || byte == 0x7F) {
            shown += hexEscape(byte);
        } else if (c1) {
            ++i;
            shown += hexEscape(static_cast<unsigned char>(text[i]));
        } else {
            shown += text[i];
        }
    }
    return shown;
}

std::string grouped(std::uint64_t number)
{
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) {
        digits.insert(at - 3, ",");
    }
    return digits;
}

std::string roundSize(std::uint64_t bytes)
{
    static constexpr std::array units{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    auto number = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; number >= 999.5 && unit + 1 < units.size(); ++unit)
        number /= 1000.0;
    const int decimals = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, decimals);
    return std::string(text.data(), end.ptr) + " " + units[unit];
}

std::string exactSize(std::uint64_t bytes)
{
    return bytes < 1000 ? roundSize(bytes) : roundSize(bytes) + " (" + grouped(bytes) + " bytes)";
}

std::string upToFive(const std::vector<std::string> &names)
{
    const std::size_t shown = std::min<std::size_t>(names.size(), 5);
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
        text += (i == 0 ? "'" : ", '") + printable(names[i]) + "'";
    }
    if (names.size() > shown) {
        text += " and " + grouped(names.size() - shown) + " more";
    }
    return text;
}

} // namespace engine::model
