#include "engine/memory/detail/sigbus_guard.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace engine::memory {

namespace {

/// A spin lock, because the signal handler takes it too. The handler cannot meet a lock held by its own thread: the
/// fault it serves is synchronous, and no mapping is read while the lock is held.
class GuardList {
public:
    void add(SigbusGuard *guard)
    {
        const std::lock_guard hold(m_lock);
        m_guards.push_back(guard);
    }
    void remove(SigbusGuard *guard)
    {
        const std::lock_guard hold(m_lock);
        m_guards.erase(std::find(m_guards.begin(), m_guards.end(), guard));
    }
    bool repair(const void *address)
    {
        const std::lock_guard hold(m_lock);
        return std::any_of(m_guards.begin(), m_guards.end(),
                           [address](SigbusGuard *guard) { return guard->repair(address); });
    }

private:
    struct SpinLock {
        std::atomic_flag held;
        void lock()
        {
            while (held.test_and_set(std::memory_order_acquire)) {
            }
        }
        void unlock() { held.clear(std::memory_order_release); }
    };
    SpinLock m_lock;
    std::vector<SigbusGuard *> m_guards;
};

/// Never destroyed: a fault may come while the process exits.
GuardList &guardList()
{
    static GuardList &list = *new GuardList;
    return list;
}

struct sigaction previousAction;

/// Puts the earlier action back for good, with its own flags and mask, and lets the signal come again: a fault repeats
/// by itself when the handler returns, a signal sent by a process is sent once more.
void passOn(int signal, const siginfo_t *info)
{
    ::sigaction(signal, &previousAction, nullptr);
    if (info->si_code <= 0) {
        ::raise(signal);
    }
}

void handleSigbus(int signal, siginfo_t *info, void *)
{
    const int savedErrno = errno;
    // si_code > 0: from the kernel, so si_addr is the faulting address.
    const bool repaired = info->si_code > 0 && guardList().repair(info->si_addr);
    errno = savedErrno;
    if (!repaired) {
        passOn(signal, info);
    }
}

void installHandlerOnce()
{
    static std::once_flag once;
    std::call_once(once, [] {
        guardList(); // constructed here, not in the handler
        struct sigaction action = {};
        action.sa_sigaction = handleSigbus;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        ::sigaction(SIGBUS, &action, &previousAction);
    });
}

} // namespace

SigbusGuard::SigbusGuard(const void *base, std::size_t bytes)
    : m_base(static_cast<const std::byte *>(base)), m_bytes(bytes)
{
    installHandlerOnce();
    guardList().add(this);
}

SigbusGuard::~SigbusGuard()
{
    guardList().remove(this);
}

bool SigbusGuard::repair(const void *address)
{
    const auto fault = reinterpret_cast<std::uintptr_t>(address);
    const auto base = reinterpret_cast<std::uintptr_t>(m_base);
    if (fault < base || fault - base >= m_bytes) {
        return false;
    }
    const auto pageBytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t page = fault & ~(pageBytes - 1);
    // A plain system call on Linux, and the only way to satisfy the load that is waiting for us.
    void *zeros = ::mmap(reinterpret_cast<void *>(page), base + m_bytes - page, PROT_READ,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) {
        return false;
    }
    m_faulted.store(true, std::memory_order_release);
    return true;
}

} // namespace engine::memory
