#pragma once
// Writes to the history, strictly one after the other. A failed write stays at the head and is tried again on retry(),
// so nothing is lost and nothing overtakes it. UI thread.

#include "app/reply.h"
#include "storage/conversation_store.h"

#include <deque>
#include <functional>

namespace app {

class SaveQueue {
public:
    using Job = std::function<void(storage::Completion<storage::Done>)>;

    /// `failed` at every failure, `recovered` when everything has been written after one.
    explicit SaveQueue(std::function<void(const storage::Failure &)> failed, std::function<void()> recovered = {});

    void push(ReplyTarget target, Job job);
    void retry();
    /// The end of the program: hands over all jobs at once, because the store still does in order what it has been
    /// given. Nothing after a failure: a later piece of a text must not be stored without the one before it.
    void flush();

    bool failed() const { return m_failed; }
    bool idle() const { return m_jobs.empty(); }
    bool contains(storage::ConversationId conversation) const;
    int replies() const; ///< with something that is not written yet

private:
    struct Entry {
        ReplyTarget target;
        Job job;
    };

    void runNext();
    void finished(const storage::Result<storage::Done> &result);

    std::deque<Entry> m_jobs; ///< the head is in flight when m_running
    std::function<void(const storage::Failure &)> m_reportFailure;
    std::function<void()> m_reportRecovery;
    bool m_running = false;
    bool m_failed = false;
    bool m_recovering = false; ///< a failure has been reported, its end not yet
};

} // namespace app
