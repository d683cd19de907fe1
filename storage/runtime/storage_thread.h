#pragma once
// The thread that owns the history, and the way of the completions back to the client thread.

#include "storage/runtime/job_queue.h"

#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace storage::runtime {

class StorageThread {
public:
    /// Blocks until the history is open; throws Error.
    StorageThread(std::string file, std::function<void()> wake);
    ~StorageThread(); ///< runs what is queued, then closes
    StorageThread(const StorageThread &) = delete;
    StorageThread &operator=(const StorageThread &) = delete;

    void push(Job job) { m_queue.push(std::move(job)); }
    void deliverCompletions(); ///< client thread

    /// Client thread, before anything else: told by deliverCompletions() about failures that no job waits for.
    void onBackgroundFailure(std::function<void(Failure)> handler) { m_backgroundFailure = std::move(handler); }

private:
    void run(std::stop_token stop, const std::string &file, std::promise<void> opened);
    void serve(std::stop_token stop, sqlite::History &history);
    void reportInBackground(const Failure &failure);
    void addCompletions(std::vector<std::function<void()>> completions);

    std::function<void()> m_wake;
    JobQueue m_queue;
    std::mutex m_mutex;
    std::deque<std::function<void()>> m_completions;  ///< guarded by m_mutex
    std::function<void(Failure)> m_backgroundFailure; ///< client thread only
    std::jthread m_thread;                            ///< last: it uses all the others
};

} // namespace storage::runtime
