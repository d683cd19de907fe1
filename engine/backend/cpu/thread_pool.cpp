#include "engine/backend/cpu/thread_pool.h"

#include <algorithm>
#include <ctime>

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
constexpr int yieldRounds = 64;

constexpr int minAlonePeriod = 32; // jobs; a decode step has tens
constexpr int maxAlonePeriod = 2048;

/// One round of waiting. Now and then the core is offered to others: on a busy machine the thread waited for may need
/// this very core.
void relax(int round)
{
    if (round % yieldRounds == 0)
        std::this_thread::yield();
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

double now(clockid_t clock)
{
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
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
    const double begin = now(CLOCK_MONOTONIC);
    m_job = job;
    m_next.store(0, std::memory_order_relaxed);
    // Sequentially consistent with the parking thread's "count me, then look": one of the two sees the other.
    m_state.store((jobOf(m_state.load(std::memory_order_relaxed)) + 1) * jobUnit + openBit);
    if (m_parked.load() > 0) {
        const std::lock_guard lock(m_mutex);
        m_wake.notify_all();
    }
    const double ownBegin = now(CLOCK_THREAD_CPUTIME_ID);
    const int ownTasks = takeTasks(0);
    const double ownSeconds = now(CLOCK_THREAD_CPUTIME_ID) - ownBegin;
    waitForWorkers(m_state.fetch_and(~openBit, std::memory_order_acq_rel) & ~openBit);
    judge(job.tasks, ownTasks, ownSeconds, now(CLOCK_MONOTONIC) - begin);
}

void ThreadPool::waitForWorkers(std::uint64_t state)
{
    for (int round = 1; (state & insideMask) != 0; ++round) {
        relax(round);
        state = m_state.load(std::memory_order_acquire);
    }
}

bool ThreadPool::worksAlone()
{
    if (m_aloneJobs == 0)
        return false;
    --m_aloneJobs;
    return true;
}

/// Decides whether the workers helped. One job in which they did not costs more than one in which they did saves (a
/// thread that lost its core comes back after milliseconds), so the time alone doubles quickly and shrinks slowly.
void ThreadPool::judge(int tasks, int ownTasks, double ownSeconds, double seconds)
{
    if (ownTasks == tasks && seconds < 2 * ownSeconds)
        return; // they were only just waking up
    // What all tasks would have taken this thread; nothing, if it lost its core before the first.
    const double alone = ownTasks == 0 ? 0.0 : ownSeconds * tasks / ownTasks;
    if (seconds < alone) {
        m_alonePeriod = std::max(m_alonePeriod - 1, 0);
        return;
    }
    m_alonePeriod = std::clamp(2 * m_alonePeriod, minAlonePeriod, maxAlonePeriod);
    m_aloneJobs = m_alonePeriod;
}

/// How many tasks this thread took.
int ThreadPool::takeTasks(int thread)
{
    for (int taken = 0;; ++taken) {
        const int task = m_next.fetch_add(1, std::memory_order_relaxed);
        if (task >= m_job.tasks)
            return taken;
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
            relax(idleRounds);
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
