#pragma once
// The GPT-2 byte alphabet: every byte has one printable character, so that tokens can be written in JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::text::detail {

/// The UTF-8 text of the character that stands for this byte, one or two bytes long.
const std::string &byteCharacter(std::uint8_t byte);

/// "Ġthe" → " the"; empty if a character is not of the alphabet.
std::optional<std::string> bytesFromAlphabet(std::string_view token);

} // namespace engine::text::detail
