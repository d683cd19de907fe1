#include "storage/runtime/job_runner.h"

#include "storage/sqlite/failures.h"
#include "storage/sqlite/history.h"

#include <SQLiteCpp/Exception.h>

#include <algorithm>
#include <iterator>

namespace storage::runtime {

std::optional<Failure> failureOf(sqlite::History &history, const std::function<void()> &action)
{
    const std::string &file = history.connection().file();
    try {
        action();
        return std::nullopt;
    } catch (const Error &error) {
        return sqlite::failureFrom(error);
    } catch (const SQLite::Exception &exception) {
        sqlite3 *handle = history.connection().database().getHandle();
        return sqlite::failureFrom(sqlite::errorFrom(exception, handle, file));
    } catch (const std::exception &exception) { // out of memory
        return Failure{ErrorCode::Internal, file,
                       "The history " + file + " could not be used (" + exception.what() + ")."};
    }
}

JobRunner::JobRunner(sqlite::History &history, std::function<void(std::vector<std::function<void()>>)> deliver)
    : m_history(history), m_deliver(std::move(deliver))
{
}

void JobRunner::run(std::deque<Job> queued)
{
    std::vector<Job> jobs(std::make_move_iterator(queued.begin()), std::make_move_iterator(queued.end()));
    for (auto first = jobs.begin(); first != jobs.end();) {
        const auto end = std::find_if(first, jobs.end(), [](const Job &job) { return job.kind == Job::Kind::Read; });
        if (first == end) {
            runRead(*first++);
        } else {
            runWrites({first, end});
            first = end;
        }
    }
}

void JobRunner::runRead(Job &job)
{
    m_deliver({job.finish(attempt([&] { job.work(m_history); }))});
}

void JobRunner::runWrites(std::span<Job> jobs)
{
    Outcomes outcomes(jobs.size());
    if (jobs.size() == 1 || !runShared(jobs, outcomes)) {
        // Nothing of the shared transaction is stored: one job must not take the others with it.
        for (std::size_t i = 0; i < jobs.size(); ++i)
            outcomes[i] = runAlone(jobs[i]);
    }
    std::vector<std::function<void()>> completions;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (!outcomes[i] && jobs[i].afterCommit)
            outcomes[i] = attempt([&] { jobs[i].afterCommit(m_history); });
        completions.push_back(jobs[i].finish(std::move(outcomes[i])));
    }
    m_deliver(std::move(completions));
}

/// False: the transaction as a whole failed and nothing is stored.
bool JobRunner::runShared(std::span<Job> jobs, Outcomes &outcomes)
{
    const std::optional<Failure> failure = attempt([&] {
        m_history.connection().database().exec("BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < jobs.size(); ++i)
            outcomes[i] = runInSavepoint(jobs[i]);
        m_history.connection().database().exec("COMMIT");
    });
    if (failure)
        rollBack();
    return !failure;
}

/// A failure of the job alone is returned; one that has ended the transaction is thrown.
std::optional<Failure> JobRunner::runInSavepoint(Job &job)
{
    SQLite::Database &database = m_history.connection().database();
    database.exec("SAVEPOINT job");
    std::optional<Failure> failure = attempt([&] { job.work(m_history); });
    if (failure)
        database.exec("ROLLBACK TO job"); // throws when SQLite has rolled everything back by itself
    database.exec("RELEASE job");
    return failure;
}

std::optional<Failure> JobRunner::runAlone(Job &job)
{
    std::optional<Failure> failure = attempt([&] {
        m_history.connection().database().exec("BEGIN IMMEDIATE");
        job.work(m_history);
        m_history.connection().database().exec("COMMIT");
    });
    if (failure)
        rollBack();
    return failure;
}

void JobRunner::rollBack()
{
    if (m_history.connection().inTransaction())
        m_history.connection().database().tryExec("ROLLBACK");
}

std::optional<Failure> JobRunner::attempt(const std::function<void()> &action)
{
    return failureOf(m_history, action);
}

} // namespace storage::runtime
