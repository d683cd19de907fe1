#include "app/save_queue.h"

#include <algorithm>
#include <set>

namespace app {

SaveQueue::SaveQueue(std::function<void(const storage::Failure &)> failed, std::function<void()> recovered)
    : m_reportFailure(std::move(failed)), m_reportRecovery(std::move(recovered))
{
}

void SaveQueue::push(ReplyTarget target, Job job)
{
    m_jobs.push_back({target, std::move(job)});
    runNext();
}

void SaveQueue::retry()
{
    m_failed = false;
    runNext();
}

void SaveQueue::flush()
{
    if (m_failed)
        return;
    if (std::exchange(m_running, false))
        m_jobs.pop_front();
    for (const Entry &entry : std::exchange(m_jobs, {}))
        entry.job({});
}

bool SaveQueue::contains(storage::ConversationId conversation) const
{
    return std::any_of(m_jobs.begin(), m_jobs.end(),
                       [conversation](const Entry &entry) { return entry.target.conversation == conversation; });
}

int SaveQueue::replies() const
{
    std::set<storage::MessageId> messages;
    for (const Entry &entry : m_jobs)
        messages.insert(entry.target.message);
    return static_cast<int>(messages.size());
}

void SaveQueue::runNext()
{
    if (m_running || m_failed || m_jobs.empty())
        return;
    m_running = true;
    m_jobs.front().job([this](const storage::Result<storage::Done> &result) {
        if (m_running) // else flush() has let go of it
            finished(result);
    });
}

void SaveQueue::finished(const storage::Result<storage::Done> &result)
{
    m_running = false;
    // A message that is gone cannot be written any more; keeping it would block all others.
    const bool gone = result.failure && result.failure->code == storage::ErrorCode::NotFound;
    if (result.failure && !gone) {
        m_failed = m_recovering = true;
        m_reportFailure(*result.failure);
        return;
    }
    m_jobs.pop_front();
    runNext();
    if (m_jobs.empty() && std::exchange(m_recovering, false) && m_reportRecovery)
        m_reportRecovery();
}

} // namespace app
