#pragma once
// While one exists, no file of this process can grow: what a full disk does, without one.

#include <csignal>
#include <sys/resource.h>

namespace support {

class NoSpace {
public:
    NoSpace()
    {
        std::signal(SIGXFSZ, SIG_IGN); // the write shall fail instead
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        rlimit none = m_before;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_FSIZE, &none);
    }
    ~NoSpace() { ::setrlimit(RLIMIT_FSIZE, &m_before); }
    NoSpace(const NoSpace &) = delete;
    NoSpace &operator=(const NoSpace &) = delete;

private:
    rlimit m_before{};
};

} // namespace support
