#include "app/cli/interrupts.h"

#include "app/cli/exit_codes.h"

#include <atomic>
#include <csignal>
#include <unistd.h>

namespace app::cli {

namespace {

constexpr int pressesToForce = 3;

// A signal handler has no argument to carry them.
std::atomic<int> pressed{0};
std::atomic<WakePipe *> listener{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<WakePipe *>::is_always_lock_free);

void onInterrupt(int)
{
    if (pressed.fetch_add(1) + 1 == pressesToForce)
        ::_exit(static_cast<int>(ExitCode::Interrupted));
    if (WakePipe *const pipe = listener.load())
        pipe->ring();
}

void setHandler(void (*handler)(int))
{
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
}

} // namespace

Interrupts::Interrupts()
{
    listener = &m_pipe;
    setHandler(onInterrupt);
}

Interrupts::~Interrupts()
{
    setHandler(SIG_DFL);
    listener = nullptr;
}

bool Interrupts::take()
{
    m_pipe.drain();
    return pressed.exchange(0) > 0;
}

} // namespace app::cli
