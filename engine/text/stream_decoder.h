#pragma once
// Turns the bytes of a token stream into text that never ends inside a character. A value, one per stream.

#include <string>
#include <string_view>

namespace engine::text {

class StreamDecoder {
public:
    /// Returns the characters that are complete now; up to three bytes are held back. Bytes that can no
    /// longer become a character turn into U+FFFD, one per maximal invalid subpart.
    std::string push(std::string_view bytes);

    /// Ends the stream: what is still held back becomes one U+FFFD. The decoder is empty afterwards.
    std::string finish();

    bool holdsBack() const { return !m_pending.empty(); }

private:
    std::string m_pending; ///< a proper prefix of a UTF-8 sequence
};

} // namespace engine::text
