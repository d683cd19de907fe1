#pragma once
// A pipe whose read end becomes readable when somebody rings. It lets one poll() wait for the engine, for Ctrl+C and
// for the keyboard at once, which a condition variable cannot.

namespace app::cli {

class WakePipe {
public:
    WakePipe(); ///< throws std::system_error
    ~WakePipe();
    WakePipe(const WakePipe &) = delete;
    WakePipe &operator=(const WakePipe &) = delete;

    void ring() noexcept; ///< any thread; safe in a signal handler
    void drain() noexcept;
    int fd() const { return m_ends[0]; } ///< for poll(), POLLIN

private:
    int m_ends[2];
};

} // namespace app::cli
