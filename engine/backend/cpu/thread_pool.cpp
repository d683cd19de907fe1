#include "engine/backend/cpu/thread_pool.h"

#include <algorithm>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace engine::backend::cpu {

namespace {

constexpr std::uint64_t openBit = std::uint64_t{1} << 31;
constexpr std::uint64_t insideMask = openBit - 1;
constexpr std::uint64_t jobUnit = std::uint64_t{1} << 32;

// The next op of a decode step follows within microseconds, waking a parked thread costs tens of them: about
// 50 µs of spinning bridge the gap, and an idle pool is parked soon after.
constexpr int spinRounds = 2000;

void relax()
{
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

std::uint64_t jobOf(std::uint64_t state)
{
    return state / jobUnit;
}

} // namespace

ThreadPool::ThreadPool(int threads)
{
    const int workers = std::max(threads, 1) - 1;
    m_workers.reserve(static_cast<std::size_t>(workers));
    for (int i = 0; i < workers; ++i)
        m_workers.emplace_back([this, i] { workerLoop(i + 1); });
}

ThreadPool::~ThreadPool()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping.store(true);
    }
    m_wake.notify_all();
    for (std::thread &worker : m_workers)
        worker.join();
}

void ThreadPool::runShared(const Job &job)
{
    m_job = job;
    m_next.store(0, std::memory_order_relaxed);
    // Sequentially consistent with the parking thread's "count me, then look": one of the two sees the other.
    m_state.store((jobOf(m_state.load(std::memory_order_relaxed)) + 1) * jobUnit + openBit);
    if (m_parked.load() > 0) {
        const std::lock_guard lock(m_mutex);
        m_wake.notify_all();
    }
    takeTasks(0);
    std::uint64_t state = m_state.fetch_and(~openBit, std::memory_order_acq_rel) & ~openBit;
    for (int round = 0; (state & insideMask) != 0; ++round) {
        if (round < spinRounds)
            relax();
        else
            std::this_thread::yield(); // a worker was interrupted in mid-task: let it run
        state = m_state.load(std::memory_order_acquire);
    }
}

void ThreadPool::takeTasks(int thread)
{
    for (;;) {
        const int task = m_next.fetch_add(1, std::memory_order_relaxed);
        if (task >= m_job.tasks)
            return;
        m_job.call(m_job.context, task, thread);
    }
}

bool ThreadPool::enter(std::uint64_t &lastJob)
{
    std::uint64_t state = m_state.load(std::memory_order_acquire);
    while ((state & openBit) != 0 && jobOf(state) != lastJob) {
        if (m_state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) {
            lastJob = jobOf(state);
            return true;
        }
    }
    return false;
}

void ThreadPool::workerLoop(int thread)
{
    std::uint64_t lastJob = 0;
    int idleRounds = 0;
    while (!m_stopping.load(std::memory_order_relaxed)) {
        if (enter(lastJob)) {
            takeTasks(thread);
            m_state.fetch_sub(1, std::memory_order_acq_rel);
            idleRounds = 0;
        } else if (++idleRounds < spinRounds) {
            relax();
        } else {
            parkUntilJob(lastJob);
            idleRounds = 0;
        }
    }
}

void ThreadPool::parkUntilJob(std::uint64_t lastJob)
{
    std::unique_lock lock(m_mutex);
    m_parked.fetch_add(1);
    m_wake.wait(lock, [&] {
        const std::uint64_t state = m_state.load();
        return m_stopping.load() || ((state & openBit) != 0 && jobOf(state) != lastJob);
    });
    m_parked.fetch_sub(1);
}

} // namespace engine::backend::cpu
