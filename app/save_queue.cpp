#include "app/save_queue.h"

namespace app {

SaveQueue::SaveQueue(std::function<void(const storage::Failure &)> failed) : m_reportFailure(std::move(failed)) {}

void SaveQueue::push(Job job)
{
    m_jobs.push_back(std::move(job));
    runNext();
}

void SaveQueue::retry()
{
    m_failed = false;
    runNext();
}

void SaveQueue::runNext()
{
    if (m_running || m_failed || m_jobs.empty())
        return;
    m_running = true;
    m_jobs.front()([this](const storage::Result<storage::Done> &result) {
        m_running = false;
        // A message that is gone cannot be written any more; keeping it would block all others.
        const bool gone = result.failure && result.failure->code == storage::ErrorCode::NotFound;
        if (result.failure && !gone) {
            m_failed = true;
            m_reportFailure(*result.failure);
            return;
        }
        m_jobs.pop_front();
        runNext();
    });
}

} // namespace app
