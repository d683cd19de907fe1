#include "engine/text/detail/utf8.h"

namespace engine::text::detail {
namespace {

struct Lead {
    std::size_t length;      ///< 0: no character starts with this byte
    unsigned char secondLow; ///< range of the second byte: keeps out overlong forms, surrogates, > U+10FFFF
    unsigned char secondHigh;
};

Lead leadOf(unsigned char byte)
{
    if (byte < 0x80)
        return {1, 0, 0};
    if (byte >= 0xC2 && byte <= 0xDF)
        return {2, 0x80, 0xBF};
    if (byte >= 0xE0 && byte <= 0xEF)
        return {3, static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
                static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
    if (byte >= 0xF0 && byte <= 0xF4)
        return {4, static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
                static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
    return {0, 0, 0};
}

} // namespace

Utf8Step nextUtf8(std::string_view text)
{
    const Lead lead = leadOf(static_cast<unsigned char>(text.front()));
    if (lead.length == 0)
        return {Utf8Kind::Invalid, 1};
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == text.size())
            return {Utf8Kind::Incomplete, i};
        const auto byte = static_cast<unsigned char>(text[i]);
        const unsigned char low = i == 1 ? lead.secondLow : 0x80;
        const unsigned char high = i == 1 ? lead.secondHigh : 0xBF;
        if (byte < low || byte > high)
            return {Utf8Kind::Invalid, i};
    }
    return {Utf8Kind::Complete, lead.length};
}

bool isValidUtf8(std::string_view text)
{
    while (!text.empty()) {
        const Utf8Step step = nextUtf8(text);
        if (step.kind != Utf8Kind::Complete)
            return false;
        text.remove_prefix(step.length);
    }
    return true;
}

std::string toValidUtf8(std::string_view text)
{
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const Utf8Step step = nextUtf8(text);
        valid += step.kind == Utf8Kind::Complete ? text.substr(0, step.length) : replacementCharacter;
        text.remove_prefix(step.length);
    }
    return valid;
}

std::string encodeUtf8(char32_t codePoint)
{
    const auto continuation = [codePoint](int shift) {
        return static_cast<char>(0x80U | (static_cast<unsigned>(codePoint) >> shift & 0x3FU));
    };
    if (codePoint < 0x80)
        return {static_cast<char>(codePoint)};
    if (codePoint < 0x800)
        return {static_cast<char>(0xC0U | codePoint >> 6), continuation(0)};
    if (codePoint < 0x10000)
        return {static_cast<char>(0xE0U | codePoint >> 12), continuation(6), continuation(0)};
    return {static_cast<char>(0xF0U | codePoint >> 18), continuation(12), continuation(6), continuation(0)};
}

} // namespace engine::text::detail
