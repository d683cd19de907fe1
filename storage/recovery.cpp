#include "storage/recovery.h"

#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/integrity.h"

#include <SQLiteCpp/Exception.h>

#include <cerrno>
#include <filesystem>

namespace storage {

namespace {

namespace fs = std::filesystem;

void check(std::error_code failure, const std::string &file, const std::string &doing)
{
    if (failure)
        throw sqlite::errorFromErrno(failure.value(), file, doing);
}

void requireSound(const std::string &backup)
{
    const auto refuse = [&backup](const std::string &reason) {
        return Error(ErrorCode::Damaged, backup, "The backup " + backup + " cannot be used (" + reason + ").");
    };
    try {
        SQLite::Database database(backup, SQLite::OPEN_READONLY);
        const sqlite::IntegrityReport report = sqlite::checkIntegrity(database, [] { return false; });
        if (!report.structure.empty())
            throw refuse(report.structure.front());
    } catch (const SQLite::Exception &exception) {
        throw refuse(exception.what());
    }
}

std::string newFolderBeside(const std::string &database)
{
    const std::string base = database + ".set-aside-";
    for (int number = 1;; ++number) {
        const std::string folder = base + std::to_string(number);
        std::error_code ignored;
        if (fs::exists(folder, ignored))
            continue;
        sqlite::createPrivateFolder(folder);
        return folder;
    }
}

void moveInto(const std::string &folder, const fs::path &file)
{
    std::error_code failure;
    if (!fs::exists(file, failure))
        return;
    fs::rename(file, fs::path(folder) / file.filename(), failure);
    check(failure, file.string(), "move it to " + folder);
}

/// The database first: were the program killed before its log has followed, the log alone is not mistaken for anything,
/// but the database without its log would open as an older state.
std::string moveDatabase(const std::string &database)
{
    const std::string folder = newFolderBeside(database);
    moveInto(folder, database);
    moveInto(folder, database + "-wal");
    moveInto(folder, database + "-journal");
    return folder;
}

} // namespace

std::vector<Backup> listBackups(const std::string &database)
{
    std::vector<Backup> backups;
    for (const sqlite::BackupFile &found : sqlite::listBackupFiles(sqlite::absolutePath(database))) {
        std::error_code ignored;
        const auto bytes = fs::file_size(found.path, ignored);
        backups.push_back({found.path, found.madeAt, ignored ? 0 : static_cast<std::int64_t>(bytes),
                           found.beforeMigration, found.damaged});
    }
    return backups;
}

std::string restoreBackup(const std::string &database, const std::string &backup)
{
    const std::string file = sqlite::absolutePath(database);
    requireSound(backup);
    const std::string copy = file + ".restoring";
    std::error_code failure;
    fs::remove(copy, failure); // left by a killed program
    sqlite::createPrivateFile(copy);
    fs::copy_file(backup, copy, fs::copy_options::overwrite_existing, failure);
    check(failure, copy, "copy the backup to it");
    sqlite::syncFile(copy);
    const std::string folder = moveDatabase(file);
    fs::rename(copy, file, failure);
    check(failure, file, "put the backup in its place");
    sqlite::makePrivate(file);
    sqlite::syncFolder(sqlite::folderOf(file));
    return folder;
}

std::string setAside(const std::string &database)
{
    const std::string file = sqlite::absolutePath(database);
    const std::string folder = moveDatabase(file);
    for (const sqlite::BackupFile &backup : sqlite::listBackupFiles(file))
        moveInto(folder, backup.path);
    sqlite::syncFolder(sqlite::folderOf(file));
    return folder;
}

} // namespace storage
