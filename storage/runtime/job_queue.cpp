#include "storage/runtime/job_queue.h"

#include <utility>

namespace storage::runtime {

void JobQueue::push(Job job)
{
    {
        const std::lock_guard lock(m_mutex);
        m_jobs.push_back(std::move(job));
    }
    m_changed.notify_one();
}

std::deque<Job> JobQueue::takeAll(std::stop_token stop, std::chrono::milliseconds wait)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, stop, wait, [this] { return !m_jobs.empty(); });
    return std::exchange(m_jobs, {});
}

bool JobQueue::empty() const
{
    const std::lock_guard lock(m_mutex);
    return m_jobs.empty();
}

} // namespace storage::runtime
