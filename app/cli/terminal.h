#pragma once
// The two output streams. Standard output carries the result and nothing else; standard error carries messages,
// statistics and progress.

#include <string>
#include <string_view>

namespace app::cli {

enum class Stream { Output, Error };
enum class Style { Normal, Dim };

/// Every text passes escapeForTerminal(), so nothing a model or a file says can steer the terminal. Writes at once,
/// without a buffer. Main thread.
class Terminal {
public:
    Terminal(); ///< looks at the streams, NO_COLOR and TERM; ignores SIGPIPE

    /// Throws OutputClosed or CommandError when the standard output cannot take it; standard error is best effort.
    void write(Stream stream, std::string_view text, Style style = Style::Normal);
    void writeLine(Stream stream, std::string_view text, Style style = Style::Normal);

    /// One line on standard error that replaces the one before. Nothing unless it is a terminal.
    void showProgress(std::string_view text);
    void clearProgress();

    bool isTerminal(Stream stream) const { return stateOf(stream).terminal; }
    bool hasColors(Stream stream) const { return stateOf(stream).colors; }

private:
    struct State {
        int fd = -1;
        bool terminal = false;
        bool colors = false;
    };

    const State &stateOf(Stream stream) const { return stream == Stream::Output ? m_output : m_error; }
    void send(Stream stream, std::string_view bytes);

    State m_output;
    State m_error;
    bool m_moves = false;   ///< standard error understands cursor movement
    std::string m_progress; ///< what the progress line shows now
};

} // namespace app::cli
