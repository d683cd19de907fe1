#include "storage/runtime/idle_backup.h"

#include "storage/runtime/job_runner.h"
#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/history.h"

#include <SQLiteCpp/Column.h>

#include <algorithm>

namespace storage::runtime {

namespace {

using namespace std::chrono_literals;

constexpr auto day = std::chrono::hours(24);
constexpr auto emptyHistoryRecheck = std::chrono::minutes(10);
constexpr auto pauseBeforeStart = 200ms; ///< the first list and the first conversation come before

/// From the newest daily backup; at once if there is none or the clock has been set back.
std::chrono::milliseconds untilNext(const std::string &database)
{
    for (const sqlite::BackupFile &backup : sqlite::listBackupFiles(database)) {
        if (backup.beforeMigration)
            continue;
        const std::chrono::milliseconds age(sqlite::millisecondsNow() - backup.madeAt);
        return age < 0ms ? 0ms : std::max(0ms, std::chrono::milliseconds(day) - age);
    }
    return 0ms;
}

} // namespace

IdleBackup::IdleBackup(sqlite::History &history, std::function<bool()> busy)
    : m_history(history), m_busy(std::move(busy)),
      m_due(Clock::now() + pauseBeforeStart + untilNext(history.connection().file()))
{
}

std::chrono::milliseconds IdleBackup::nextStepIn() const
{
    if (m_running)
        return 0ms;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_due - Clock::now());
    return std::max<std::chrono::milliseconds>(left, pauseBeforeStart);
}

std::optional<Failure> IdleBackup::step()
{
    if (!m_running && Clock::now() < m_due)
        return std::nullopt;
    Clock::duration pause = Clock::duration::zero(); // until the next backup, when this one is over
    const std::optional<Failure> failure = failureOf(m_history, [&] { pause = work(); });
    if (failure)
        pause = day; // a full disk is not asked again at once
    if (pause > Clock::duration::zero()) {
        m_running.reset();
        m_due = Clock::now() + pause;
    }
    return failure;
}

IdleBackup::Clock::duration IdleBackup::work()
{
    if (!m_running && historyEmpty())
        return emptyHistoryRecheck;
    if (!m_running)
        m_running.emplace(m_history.connection(), 0);
    return m_running->step(m_busy) ? Clock::duration(day) : Clock::duration::zero();
}

/// An empty copy would only push a useful one out.
bool IdleBackup::historyEmpty()
{
    return m_history.connection()
               .database()
               .execAndGet("SELECT count(*) FROM (SELECT 1 FROM message LIMIT 1)")
               .getInt() == 0;
}

} // namespace storage::runtime
