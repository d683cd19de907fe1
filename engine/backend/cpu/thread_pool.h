#pragma once
// Fork-join threads for the ops of the CPU backend. A job is a number of independent tasks which the caller and
// the workers take one at a time; the caller works too, so a pool of n has n − 1 threads and a pool of 1 none.
// On a busy machine nobody waits for a worker that has not started: a job is open to those who come in time, and
// the caller waits only for the ones inside. When other programs use the cores, so that a job took longer than it
// would have taken the caller alone, the caller works alone for a while.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace engine::backend::cpu {

/// Thread contract: run() is called by one thread at a time, never from inside a task.
class ThreadPool {
public:
    explicit ThreadPool(int threads); ///< including the caller; at least 1
    ~ThreadPool();
    ThreadPool(const ThreadPool &) = delete;
    ThreadPool &operator=(const ThreadPool &) = delete;

    int threads() const { return static_cast<int>(m_workers.size()) + 1; }

    /// Calls body(task, thread) for every task in [0, tasks), thread in [0, threads()); returns when all are done.
    /// Tasks must not throw. Order and distribution are free, so results must not depend on them.
    template <typename Body>
    void run(int tasks, const Body &body)
    {
        if (m_workers.empty() || tasks <= 1 || worksAlone()) {
            for (int task = 0; task < tasks; ++task)
                body(task, 0);
            return;
        }
        runShared(
            {[](const void *context, int task, int thread) { (*static_cast<const Body *>(context))(task, thread); },
             &body, tasks});
    }

private:
    struct Job {
        void (*call)(const void *context, int task, int thread) = nullptr;
        const void *context = nullptr;
        int tasks = 0;
    };

    bool worksAlone();
    void runShared(const Job &job);
    void waitForWorkers(std::uint64_t state);
    void judge(int tasks, int ownTasks, double ownSeconds, double seconds);
    void workerLoop(int thread);
    bool enter(std::uint64_t &lastJob);
    int takeTasks(int thread);
    void parkUntilJob(std::uint64_t lastJob);

    Job m_job;                              ///< written only while the job is closed and nobody is inside
    alignas(64) std::atomic<int> m_next{0}; ///< next task nobody has taken
    /// Job number · 2³² + open bit + workers inside.
    alignas(64) std::atomic<std::uint64_t> m_state{0};
    int m_aloneJobs = 0;   ///< jobs the caller still does alone
    int m_alonePeriod = 0; ///< how many they were last time, less one for every shared job that went well
    std::atomic<int> m_parked{0};
    std::atomic<bool> m_stopping{false};
    std::mutex m_mutex; ///< guards only the parking
    std::condition_variable m_wake;
    std::vector<std::thread> m_workers;
};

} // namespace engine::backend::cpu
