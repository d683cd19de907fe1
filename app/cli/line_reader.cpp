#include "app/cli/line_reader.h"

#include "app/cli/exit_codes.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>

namespace app::cli {

namespace {

constexpr std::size_t longestLine = std::size_t{16} << 20U;

} // namespace

LineReader::Result LineReader::read(std::string &line)
{
    for (;;) {
        if (takeLine(line))
            return Result::Line;
        if (m_ended)
            return Result::End;
        std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {m_interrupts.fd(), POLLIN, 0}}};
        ::poll(sources.data(), sources.size(), -1);
        if (m_interrupts.take()) {
            m_buffer.clear(); // Ctrl+C also drops a half-typed line
            return Result::Interrupted;
        }
        if (sources[0].revents != 0)
            fill();
    }
}

bool LineReader::takeLine(std::string &line)
{
    const std::size_t newline = m_buffer.find('\n');
    if (newline == std::string::npos && (!m_ended || m_buffer.empty()))
        return false;
    line = m_buffer.substr(0, newline);
    m_buffer.erase(0, newline == std::string::npos ? newline : newline + 1);
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    return true;
}

void LineReader::fill()
{
    std::array<char, 65536> bytes;
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (count < 0)
        throw CommandError(ExitCode::Failed, "input_failed",
                           std::string("The standard input cannot be read: ") + std::strerror(errno) + ".",
                           "Type or pipe the messages into the command.");
    m_ended = count == 0;
    m_buffer.append(bytes.data(), static_cast<std::size_t>(count));
    if (m_buffer.size() > longestLine && m_buffer.find('\n') == std::string::npos)
        throw CommandError(ExitCode::Failed, "line_too_long", "A line of the input is longer than 16 MiB.",
                           "Send shorter messages.");
}

} // namespace app::cli
