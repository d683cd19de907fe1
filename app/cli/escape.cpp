#include "app/cli/escape.h"

#include <array>
#include <cstdio>

namespace app::cli {

namespace {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 0; ///< 0: the first byte does not begin a valid sequence
};

std::size_t sequenceLength(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool isOverlongOrSurrogate(char32_t code, std::size_t bytes)
{
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    return code < smallest[bytes] || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF;
}

Character firstCharacter(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = sequenceLength(lead);
    if (length == 0 || length > text.size())
        return {};
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80U)
            return {};
        code = (code << 6U) | (byte & 0x3FU);
    }
    return isOverlongOrSurrogate(code, length) ? Character{} : Character{code, length};
}

bool isHarmful(char32_t code)
{
    const auto within = [code](char32_t first, char32_t last) { return code >= first && code <= last; };
    const bool control = (code < 0x20 && code != '\n' && code != '\t') || within(0x7F, 0x9F);
    const bool reorders = within(0x202A, 0x202E) || within(0x2066, 0x2069);
    return control || reorders || within(0xE0000, 0xE007F);
}

std::string escaped(char32_t code)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), code < 0x100 ? "\\x%02x" : "\\u{%x}", static_cast<unsigned>(code));
    return text.data();
}

} // namespace

std::string escapeForTerminal(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Character character = firstCharacter(text);
        if (character.bytes == 0)
            result += escaped(static_cast<unsigned char>(text.front()));
        else if (isHarmful(character.code))
            result += escaped(character.code);
        else
            result += text.substr(0, character.bytes);
        text.remove_prefix(character.bytes == 0 ? 1 : character.bytes);
    }
    return result;
}

std::size_t firstInvalidUtf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        const Character character = firstCharacter(text.substr(i));
        if (character.bytes == 0)
            return i;
        i += character.bytes;
    }
    return std::string_view::npos;
}

} // namespace app::cli
