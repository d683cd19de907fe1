#include "storage/sqlite/connection.h"

#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <unistd.h>

#include <filesystem>

namespace storage::sqlite {

namespace {

/// A program that is just ending may hold the lock a moment longer; a second window must be told soon.
constexpr int lockWaitMilliseconds = 400;

std::string backupHint(const std::string &file)
{
    const std::string folder = backupFolder(file);
    return listBackupFiles(file).empty() ? std::string()
                                         : " Its backups are in " + folder + "; nothing was changed or overwritten.";
}

Error foreign(const std::string &file)
{
    return makeError(ErrorCode::ForeignDatabase, file,
                     "The file " + file + " is not a history of this program; it was left as it is." +
                         backupHint(file));
}

Error newer(const std::string &file, int version, int latest)
{
    return makeError(ErrorCode::NewerVersion, file,
                     "The history " + file + " was made by a newer version of the program (format " +
                         std::to_string(version) + "; this one knows up to " + std::to_string(latest) +
                         "). It was left as it is.");
}

/// What can be told from the header alone is refused before SQLite opens the file, so not even a -wal appears.
void refuseByHeader(const std::string &file, const FileHeader &header, int latestVersion)
{
    if (header.empty) {
        std::error_code ignored;
        const auto logBytes = std::filesystem::file_size(file + "-wal", ignored);
        const bool logLeft = !ignored && logBytes > 0; // SQLite would delete it
        if (logLeft || !listBackupFiles(file).empty()) {
            const std::string what = header.exists ? "is empty" : "is missing";
            throw makeError(ErrorCode::Damaged, file,
                            "The history " + file + " " + what + " although there was one before." + backupHint(file));
        }
        return;
    }
    if (!header.isDatabase || (header.application != applicationId && !(header.application == 0 && header.schemaEmpty)))
        throw foreign(file);
    if (header.userVersion > latestVersion)
        throw newer(file, header.userVersion, latestVersion);
}

} // namespace

Connection::Connection(const std::string &file, int latestVersion) : m_file(absolutePath(file))
{
    createPrivateFolder(folderOf(m_file));
    const FileHeader header = readFileHeader(m_file);
    refuseByHeader(m_file, header, latestVersion);
    if (header.exists)
        makePrivate(m_file);
    else
        createPrivateFile(m_file);
    try {
        open();
        refuseForeignContent(latestVersion);
        configure();
    } catch (const SQLite::Exception &exception) {
        const Error error = errorFrom(exception, m_database ? m_database->getHandle() : nullptr, m_file);
        throw makeError(error.code(), m_file,
                        error.what() + (error.code() == ErrorCode::Damaged ? backupHint(m_file) : std::string()));
    }
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

void Connection::refuseForeignContent(int latestVersion)
{
    // The log may hold a newer state than the header in the main file.
    const int application = m_database->execAndGet("PRAGMA application_id").getInt();
    const int tables = m_database->execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
    if (application != applicationId && (application != 0 || tables > 0))
        throw foreign(m_file);
    if (userVersion() > latestVersion)
        throw newer(m_file, userVersion(), latestVersion);
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
