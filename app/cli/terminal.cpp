#include "app/cli/terminal.h"

#include "app/cli/escape.h"
#include "app/cli/exit_codes.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace app::cli {

namespace {

constexpr std::string_view dimOn = "\033[2m";
constexpr std::string_view styleOff = "\033[0m";
constexpr std::string_view eraseLine = "\r\033[K";

bool isSet(const char *variable)
{
    const char *const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

bool isDumb()
{
    const char *const term = std::getenv("TERM");
    return term == nullptr || std::strcmp(term, "dumb") == 0;
}

/// 0 or the errno that ended it.
int writeAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

} // namespace

Terminal::Terminal()
{
    const auto look = [](int fd) {
        const bool terminal = ::isatty(fd) == 1;
        // https://no-color.org
        return State{fd, terminal, terminal && !isDumb() && !isSet("NO_COLOR")};
    };
    m_output = look(STDOUT_FILENO);
    m_error = look(STDERR_FILENO);
    m_moves = m_error.terminal && !isDumb();
    // A reader that goes away shall end the program by an exit code, not in the middle of anything.
    std::signal(SIGPIPE, SIG_IGN);
}

void Terminal::write(Stream stream, std::string_view text, Style style)
{
    if (text.empty())
        return;
    clearProgress();
    std::string bytes = escapeForTerminal(text);
    // Turned off again in the same write, so that no interruption leaves the terminal dim.
    if (style == Style::Dim && stateOf(stream).colors)
        bytes.insert(0, dimOn).append(styleOff);
    send(stream, bytes);
}

void Terminal::writeLine(Stream stream, std::string_view text, Style style)
{
    write(stream, text, style);
    write(stream, "\n");
}

void Terminal::showProgress(std::string_view text)
{
    if (!m_moves || text == m_progress)
        return;
    send(Stream::Error, std::string(eraseLine).append(escapeForTerminal(text)));
    m_progress = text;
}

void Terminal::clearProgress()
{
    if (!m_progress.empty())
        send(Stream::Error, eraseLine);
    m_progress.clear();
}

void Terminal::send(Stream stream, std::string_view bytes)
{
    const int error = writeAll(stateOf(stream).fd, bytes);
    if (error == 0 || stream == Stream::Error)
        return;
    if (error == EPIPE)
        throw OutputClosed();
    throw CommandError(ExitCode::Failed, "output_failed",
                       std::string("The result cannot be written: ") + std::strerror(error) + ".",
                       "Check the free space and the permissions of where the output goes.");
}

} // namespace app::cli
