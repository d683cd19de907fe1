#pragma once
// Runs drained jobs against the history: reads as they come, consecutive writes in one transaction. Storage thread
// only.

#include "storage/runtime/job_queue.h"

#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace storage::runtime {

class JobRunner {
public:
    /// `deliver` takes the completions that are due, after the commit they wait for.
    JobRunner(sqlite::History &history, std::function<void(std::vector<std::function<void()>>)> deliver);

    void run(std::deque<Job> jobs);

private:
    using Outcomes = std::vector<std::optional<Failure>>;

    void runRead(Job &job);
    void runWrites(std::span<Job> jobs);
    bool runShared(std::span<Job> jobs, Outcomes &outcomes);
    std::optional<Failure> runInSavepoint(Job &job);
    std::optional<Failure> runAlone(Job &job);
    void rollBack();
    std::optional<Failure> attempt(const std::function<void()> &action);

    sqlite::History &m_history;
    std::function<void(std::vector<std::function<void()>>)> m_deliver;
};

/// What `action` threw, as a value.
std::optional<Failure> failureOf(sqlite::History &history, const std::function<void()> &action);

} // namespace storage::runtime
