#pragma once
// One verified copy of the history, made in small steps so that jobs in between hardly wait.

#include "storage/sqlite/connection.h"

#include <SQLiteCpp/Backup.h>

#include <functional>
#include <memory>
#include <string>

namespace storage::sqlite {

class Backup {
public:
    /// `migrationVersion`: the version the database is about to be brought to; 0 = a daily backup. Throws Error.
    Backup(Connection &source, int migrationVersion);
    ~Backup(); ///< an unfinished copy is deleted
    Backup(const Backup &) = delete;
    Backup &operator=(const Backup &) = delete;

    /// Copies some pages, or verifies the finished copy. True when the backup stands under its name and older ones have
    /// been rotated out. `pause` is asked while verifying; when it says true, verifying starts again at the next step.
    /// Throws Error when the copy cannot be written or is not sound; no older backup has been touched then.
    bool step(const std::function<bool()> &pause);

    const std::string &path() const { return m_path; } ///< final name, once step() returned true

private:
    void begin();
    void removePartial();
    void removeJournals();
    void copySomePages();
    bool verify(const std::function<bool()> &pause);
    void publish();

    Connection &m_source;
    int m_migrationVersion;
    std::string m_partial; ///< a name that listBackupFiles() does not know
    std::string m_path;
    std::unique_ptr<SQLite::Database> m_copy;
    std::unique_ptr<SQLite::Backup> m_backup;
    bool m_copied = false;
    bool m_damagedRows = false;
};

/// Runs a whole backup without pause; returns its path. Throws Error.
std::string backUp(Connection &source, int migrationVersion);

} // namespace storage::sqlite
