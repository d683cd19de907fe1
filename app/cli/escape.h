#pragma once
// Untrusted text (of a model, a file or an argument) made harmless for a terminal.

#include <string>
#include <string_view>

namespace app::cli {

/// Control characters (C0 but newline and tab, DEL, C1), bidirectional overrides and tag characters become visible:
/// "\x1b", "\u{202e}". A byte that is not UTF-8 becomes "\xNN" as well: 0x9b alone is a control sequence for some
/// terminals.
std::string escapeForTerminal(std::string_view text);

/// Offset of the first byte that is not part of valid UTF-8 (no overlong forms, no surrogates), or npos.
std::size_t firstInvalidUtf8(std::string_view text);

} // namespace app::cli
