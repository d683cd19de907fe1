#pragma once
// The daily backup, made while nobody waits. Storage thread only.

#include "storage/conversation_store.h"
#include "storage/sqlite/backup.h"

#include <chrono>
#include <functional>
#include <optional>

namespace storage::sqlite {
class History;
}

namespace storage::runtime {

class IdleBackup {
public:
    /// `busy`: a job is waiting.
    IdleBackup(sqlite::History &history, std::function<bool()> busy);

    /// How long the queue must stay empty before step() is called.
    std::chrono::milliseconds nextStepIn() const;

    std::optional<Failure> step(); ///< some milliseconds of work at most

private:
    using Clock = std::chrono::steady_clock;

    Clock::duration work(); ///< how long to wait for the next backup; 0 = this one is not finished
    bool historyEmpty();

    sqlite::History &m_history;
    std::function<bool()> m_busy;
    std::optional<sqlite::Backup> m_running;
    Clock::time_point m_due;
};

} // namespace storage::runtime
