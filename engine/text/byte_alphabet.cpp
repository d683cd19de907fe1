#include "engine/text/detail/byte_alphabet.h"

#include "engine/text/detail/utf8.h"

#include <array>

namespace engine::text::detail {
namespace {

constexpr std::size_t alphabetEnd = 0x100 + 68; // 68 bytes have no printable Latin-1 character of their own

struct Alphabet {
    std::array<std::string, 256> characters;
    std::array<std::int16_t, alphabetEnd> bytes{}; ///< by code point, −1: not of the alphabet

    Alphabet()
    {
        bytes.fill(-1);
        char32_t next = 0x100;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool printable =
                (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
            const char32_t codePoint = printable ? byte : next++;
            characters[byte] = encodeUtf8(codePoint);
            bytes[codePoint] = static_cast<std::int16_t>(byte);
        }
    }
};

const Alphabet &alphabet()
{
    static const Alphabet instance;
    return instance;
}

} // namespace

const std::string &byteCharacter(std::uint8_t byte)
{
    return alphabet().characters[byte];
}

std::optional<std::string> bytesFromAlphabet(std::string_view token)
{
    std::string bytes;
    while (!token.empty()) {
        const Utf8Step step = nextUtf8(token);
        if (step.kind != Utf8Kind::Complete || step.length > 2)
            return std::nullopt;
        const auto lead = static_cast<unsigned char>(token[0]);
        const unsigned codePoint =
            step.length == 1 ? lead : (lead & 0x1FU) << 6 | (static_cast<unsigned char>(token[1]) & 0x3FU);
        const int byte = codePoint < alphabetEnd ? alphabet().bytes[codePoint] : -1;
        if (byte < 0)
            return std::nullopt;
        bytes += static_cast<char>(byte);
        token.remove_prefix(step.length);
    }
    return bytes;
}

} // namespace engine::text::detail
