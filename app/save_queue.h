#pragma once
// Writes to the history, strictly one after the other. A failed write stays at the head and is tried again on retry(),
// so nothing is lost and nothing overtakes it. UI thread.

#include "storage/conversation_store.h"

#include <deque>
#include <functional>

namespace app {

class SaveQueue {
public:
    using Job = std::function<void(storage::Completion<storage::Done>)>;

    explicit SaveQueue(std::function<void(const storage::Failure &)> failed);

    void push(Job job);
    void retry();
    bool failed() const { return m_failed; }
    bool idle() const { return m_jobs.empty(); }

private:
    void runNext();

    std::deque<Job> m_jobs; ///< the head is in flight when m_running
    std::function<void(const storage::Failure &)> m_reportFailure;
    bool m_running = false;
    bool m_failed = false;
};

} // namespace app
