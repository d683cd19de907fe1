#include "storage/runtime/storage_thread.h"

#include "storage/runtime/idle_backup.h"
#include "storage/runtime/job_runner.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/history.h"

#include <SQLiteCpp/Exception.h>

namespace storage::runtime {

StorageThread::StorageThread(std::string file, std::function<void()> wake) : m_wake(std::move(wake))
{
    std::promise<void> opened;
    std::future<void> result = opened.get_future();
    m_thread = std::jthread([this, file = std::move(file), opened = std::move(opened)](std::stop_token stop) mutable {
        run(stop, file, std::move(opened));
    });
    result.get();
}

StorageThread::~StorageThread()
{
    m_thread.request_stop();
    m_thread.join();
}

void StorageThread::run(std::stop_token stop, const std::string &file, std::promise<void> opened)
{
    std::optional<sqlite::History> history;
    try {
        history.emplace(file);
    } catch (const SQLite::Exception &exception) {
        opened.set_exception(std::make_exception_ptr(sqlite::errorFrom(exception, nullptr, file)));
        return;
    } catch (...) {
        opened.set_exception(std::current_exception());
        return;
    }
    opened.set_value();
    serve(stop, *history);
}

void StorageThread::serve(std::stop_token stop, sqlite::History &history)
{
    JobRunner runner(history, [this](auto completions) { addCompletions(std::move(completions)); });
    IdleBackup backup(history, [this] { return !m_queue.empty(); });
    while (true) {
        std::deque<Job> jobs = m_queue.takeAll(stop, backup.nextStepIn());
        if (jobs.empty() && stop.stop_requested())
            return;
        std::optional<Failure> failure;
        // What each job and the backup throw is caught where it is known whom to tell; nothing else may end the thread.
        const std::optional<Failure> unforeseen = failureOf(history, [&] {
            if (jobs.empty())
                failure = backup.step();
            else
                runner.run(std::move(jobs));
        });
        if (unforeseen || failure)
            reportInBackground(unforeseen ? *unforeseen : *failure);
    }
}

void StorageThread::reportInBackground(const Failure &failure)
{
    addCompletions({[this, failure] {
        if (m_backgroundFailure)
            m_backgroundFailure(failure);
    }});
}

void StorageThread::addCompletions(std::vector<std::function<void()>> completions)
{
    bool wasEmpty = false;
    {
        const std::lock_guard lock(m_mutex);
        wasEmpty = m_completions.empty();
        m_completions.insert(m_completions.end(), std::make_move_iterator(completions.begin()),
                             std::make_move_iterator(completions.end()));
    }
    if (wasEmpty && m_wake)
        m_wake();
}

/// One at a time, so that a completion that throws or calls this again takes no other with it.
void StorageThread::deliverCompletions()
{
    while (true) {
        std::function<void()> completion;
        {
            const std::lock_guard lock(m_mutex);
            if (m_completions.empty())
                return;
            completion = std::move(m_completions.front());
            m_completions.pop_front();
        }
        completion();
    }
}

} // namespace storage::runtime
