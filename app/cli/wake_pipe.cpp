#include "app/cli/wake_pipe.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace app::cli {

WakePipe::WakePipe()
{
    if (::pipe2(m_ends, O_CLOEXEC | O_NONBLOCK) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
}

WakePipe::~WakePipe()
{
    ::close(m_ends[0]);
    ::close(m_ends[1]);
}

void WakePipe::ring() noexcept
{
    const int savedErrno = errno; // a signal handler must not change it
    // A full pipe is readable already, so a byte that does not fit is not needed.
    [[maybe_unused]] const auto written = ::write(m_ends[1], "!", 1);
    errno = savedErrno;
}

void WakePipe::drain() noexcept
{
    std::array<char, 64> bytes;
    while (::read(m_ends[0], bytes.data(), bytes.size()) > 0) {
    }
}

} // namespace app::cli
