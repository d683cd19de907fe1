#include "storage/sqlite/connection.h"

#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <unistd.h>

namespace storage::sqlite {

namespace {

/// A program that is just ending may hold the lock a moment longer; a second window must be told soon.
constexpr int lockWaitMilliseconds = 400;

} // namespace

Connection::Connection(const std::string &file, int latestVersion) : m_file(file)
{
    // What the header tells is refused before SQLite opens the file, so not even a -wal appears. With a log beside it
    // the header tells nothing certain: a power cut while the log was moved into the file may have torn it.
    const FileHeader header = readFileHeader(m_file);
    const bool certain = header.isDatabase && header.application == applicationId;
    if (!certain && !hasLog(m_file))
        throw foreign();
    if (certain)
        refuseNewer(header.userVersion, latestVersion);
    try {
        open();
        if (m_database->execAndGet("PRAGMA application_id").getInt() != applicationId)
            throw foreign();
        refuseNewer(userVersion(), latestVersion);
        makePrivate(m_file);
        configure();
    } catch (const SQLite::Exception &exception) {
        throw described(exception);
    }
}

Connection::Connection(NewFile, const std::string &file) : m_file(file)
{
    createPrivateFile(m_file);
    try {
        open();
        configure();
    } catch (const SQLite::Exception &exception) {
        throw described(exception);
    }
}

Error Connection::foreign()
{
    return makeError(ErrorCode::ForeignDatabase, m_file,
                     "The file " + m_file + " is not a history of this program; it was left as it is." +
                         backupHint(m_file));
}

Error Connection::described(const SQLite::Exception &exception)
{
    const Error error = errorFrom(exception, m_database ? m_database->getHandle() : nullptr, m_file);
    const bool damaged = error.code() == ErrorCode::Damaged;
    return makeError(error.code(), m_file, error.what() + (damaged ? backupHint(m_file) : std::string()));
}

void Connection::refuseNewer(int version, int latestVersion)
{
    if (version > latestVersion)
        throw makeError(ErrorCode::NewerVersion, m_file,
                        "The history " + m_file + " was made by a newer version of the program (format " +
                            std::to_string(version) + "; this one knows up to " + std::to_string(latestVersion) +
                            "). It was left as it is.");
}

void Connection::open()
{
    try {
        m_database = std::make_unique<SQLite::Database>(m_file, SQLite::OPEN_READWRITE, lockWaitMilliseconds);
    } catch (const SQLite::Exception &exception) {
        const bool writable = ::access(m_file.c_str(), W_OK) == 0 && ::access(folderOf(m_file).c_str(), W_OK) == 0;
        if (!writable)
            throw errorFromErrno(EACCES, m_file, "open it");
        throw;
    }
    sqlite3 *handle = m_database->getHandle();
    // Until the file is known to be ours, closing it must not write the log back into it.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    if (sqlite3_db_readonly(handle, "main") == 1) // SQLite falls back to reading without a word
        throw errorFromErrno(EROFS, m_file, "write to it");
    // Before anything is read: from here on no second connection can exist, and no shared memory file is needed.
    m_database->exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                     "PRAGMA mmap_size = 0; PRAGMA page_size = 8192");
}

void Connection::configure()
{
    const std::string mode = m_database->execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode != "wal")
        throw makeError(ErrorCode::InputOutput, m_file,
                        "The history " + m_file + " cannot be kept safely on this file system (journal mode " + mode +
                            ").");
    // FULL: an acknowledged commit survives a power cut; NORMAL loses some.
    m_database->exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; "
                     "PRAGMA journal_size_limit = 8388608");
    sqlite3_db_config(m_database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

int Connection::userVersion()
{
    return m_database->execAndGet("PRAGMA user_version").getInt();
}

void Connection::checkpoint()
{
    m_database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

bool Connection::inTransaction()
{
    return sqlite3_get_autocommit(m_database->getHandle()) == 0;
}

} // namespace storage::sqlite
