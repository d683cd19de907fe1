#pragma once
// The one UTF-8 automaton of the text code: prompt cleaning, decoding and streaming agree byte for byte.

#include <cstddef>
#include <string>
#include <string_view>

namespace engine::text::detail {

inline constexpr std::string_view replacementCharacter = "\xEF\xBF\xBD"; // U+FFFD

enum class Utf8Kind {
    Complete,   ///< one character
    Incomplete, ///< the text ends inside a character
    Invalid,    ///< a maximal subpart that can never become a character (Unicode 3.9, table 3-8)
};

struct Utf8Step {
    Utf8Kind kind;
    std::size_t length; ///< bytes, at least 1
};

/// Looks at the front of a text that is not empty.
Utf8Step nextUtf8(std::string_view text);

bool isValidUtf8(std::string_view text);

/// Every maximal invalid subpart, a cut-off end included, becomes one U+FFFD.
std::string toValidUtf8(std::string_view text);

/// UTF-8 of one code point (not a surrogate, at most U+10FFFF).
std::string encodeUtf8(char32_t codePoint);

} // namespace engine::text::detail
