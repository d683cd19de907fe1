#pragma once
// Jobs from the client thread to the storage thread, in the order of the calls.

#include "storage/conversation_store.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace storage::sqlite {
class History;
}

namespace storage::runtime {

struct Job {
    enum class Kind { Read, Write };

    Kind kind = Kind::Read;
    /// Throws Error or SQLite::Exception. May run a second time: when a shared transaction fails, each of its jobs is
    /// tried alone.
    std::function<void(sqlite::History &)> work;
    /// After the commit, outside of any transaction; may be empty. Throws as `work`.
    std::function<void(sqlite::History &)> afterCommit;
    /// Makes the completion of the outcome; called once on the storage thread, the result once on the client's.
    std::function<std::function<void()>(std::optional<Failure>)> finish;
};

class JobQueue {
public:
    void push(Job job);

    /// Everything queued. Waits until there is something, `wait` is over or a stop is requested.
    std::deque<Job> takeAll(std::stop_token stop, std::chrono::milliseconds wait);

    bool empty() const;

private:
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Job> m_jobs;
};

} // namespace storage::runtime
