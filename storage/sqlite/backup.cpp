#include "storage/sqlite/backup.h"

#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/integrity.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <sys/statvfs.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace storage::sqlite {

namespace {

constexpr int pagesPerStep = 128; ///< 1 MiB of pages of 8 KiB: about a millisecond
constexpr std::int64_t spareBytes = 64 << 20;

/// A backup must not take the last of the disk away from the history itself.
void requireSpace(const std::string &database, const std::string &folder)
{
    struct statvfs status;
    std::error_code ignored;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(database, ignored));
    if (ignored || ::statvfs(folder.c_str(), &status) != 0)
        return;
    const auto free = static_cast<std::int64_t>(status.f_bavail) * static_cast<std::int64_t>(status.f_frsize);
    if (free < size + spareBytes)
        throw makeError(ErrorCode::DiskFull, folder,
                        "The disk is too full to back up the history " + database + " to " + folder + ".");
}

} // namespace

Backup::Backup(Connection &source, int migrationVersion)
    : m_source(source), m_migrationVersion(migrationVersion), m_partial(backupFolder(source.file()) + "/.partial")
{
    createPrivateFolder(backupFolder(source.file()));
    requireSpace(source.file(), backupFolder(source.file()));
    removePartial(); // left by a killed program
    createPrivateFile(m_partial);
    try {
        begin();
    } catch (const SQLite::Exception &exception) {
        m_copy.reset();
        removePartial();
        throw errorFrom(exception, nullptr, m_partial);
    }
}

Backup::~Backup()
{
    m_backup.reset();
    m_copy.reset();
    if (m_path.empty())
        removePartial();
}

void Backup::removePartial()
{
    std::remove(m_partial.c_str());
    removeJournals();
}

void Backup::removeJournals()
{
    for (const char *ending : {"-wal", "-journal"})
        std::remove((m_partial + ending).c_str());
}

void Backup::begin()
{
    m_copy = std::make_unique<SQLite::Database>(m_partial, SQLite::OPEN_READWRITE);
    // A copy that is thrown away when anything goes wrong needs no journal; one sync at the end is enough.
    m_copy->exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA trusted_schema = OFF");
    m_backup = std::make_unique<SQLite::Backup>(*m_copy, m_source.database());
}

bool Backup::step(const std::function<bool()> &pause)
{
    try {
        if (!m_copied) {
            copySomePages();
            return false;
        }
        if (!verify(pause))
            return false;
    } catch (const SQLite::Exception &exception) {
        throw errorFrom(exception, m_copy->getHandle(), m_partial);
    }
    publish();
    return true;
}

void Backup::copySomePages()
{
    m_backup->executeStep(pagesPerStep);
    if (m_backup->getRemainingPageCount() > 0)
        return;
    m_backup.reset();
    m_copied = true;
    // The copied header says WAL; as a single file it can be copied and looked at by hand.
    if (m_copy->execAndGet("PRAGMA journal_mode = DELETE").getString() != "delete")
        throw makeError(ErrorCode::InputOutput, m_partial, "The backup " + m_partial + " could not be completed.");
}

bool Backup::verify(const std::function<bool()> &pause)
{
    const IntegrityReport report = checkIntegrity(*m_copy, pause);
    if (report.interrupted)
        return false;
    if (!report.structure.empty())
        throw makeError(ErrorCode::Damaged, m_source.file(),
                        "The history " + m_source.file() + " could not be backed up: the copy is not sound (" +
                            report.structure.front() + "). Older backups were kept.");
    m_damagedRows = !report.rows.empty();
    return true;
}

void Backup::publish()
{
    m_copy.reset();
    removeJournals(); // ended ones that SQLite could not delete
    const std::string path = newBackupPath(m_source.file(), m_migrationVersion, m_damagedRows);
    if (std::rename(m_partial.c_str(), path.c_str()) != 0)
        throw errorFromErrno(errno, path, "name the backup");
    m_path = path;
    syncFolder(backupFolder(m_source.file()));
    rotateBackups(m_source.file(), path);
}

std::string backUp(Connection &source, int migrationVersion)
{
    Backup backup(source, migrationVersion);
    while (!backup.step([] { return false; }))
        ;
    return backup.path();
}

} // namespace storage::sqlite
