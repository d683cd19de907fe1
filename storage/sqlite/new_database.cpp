#include "storage/sqlite/new_database.h"

#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Exception.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace storage::sqlite {

namespace {

void refuseLoss(const std::string &file, const FileHeader &header)
{
    if (!hasLog(file) && listBackupFiles(file).empty())
        return;
    const std::string what = header.exists ? "is empty" : "is missing";
    throw makeError(ErrorCode::Damaged, file,
                    "The history " + file + " " + what + " although there was one before." + backupHint(file));
}

/// Two programs may start at once: each makes its own file, the first to name it wins.
std::string temporaryName(const std::string &file)
{
    return file + ".new-" + std::to_string(::getpid());
}

void removeTemporary(const std::string &temporary)
{
    for (const char *ending : {"", "-wal"})
        std::remove((temporary + ending).c_str());
}

void fill(const std::string &temporary, std::span<const Migration> migrations)
{
    Connection connection(Connection::NewFile{}, temporary);
    try {
        migrate(connection, migrations);
        connection.checkpoint(); // closing would do it too, but tells nobody when it fails
    } catch (const SQLite::Exception &exception) {
        throw errorFrom(exception, connection.database().getHandle(), temporary);
    }
}

/// Never replaces a file; one that another program has just made is as good.
void publish(const std::string &temporary, const std::string &file)
{
    int result = ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE);
    if (result != 0 && errno == EINVAL) // a file system that cannot promise it
        result = ::access(file.c_str(), F_OK) == 0 ? 0 : std::rename(temporary.c_str(), file.c_str());
    if (result != 0 && errno != EEXIST)
        throw errorFromErrno(errno, file, "create it");
    syncFolder(folderOf(file));
}

} // namespace

void createIfMissing(const std::string &file, std::span<const Migration> migrations)
{
    const FileHeader header = readFileHeader(file);
    if (!header.empty)
        return;
    refuseLoss(file, header);
    createPrivateFolder(folderOf(file));
    const std::string temporary = temporaryName(file);
    removeTemporary(temporary); // left by a killed program with our number
    try {
        fill(temporary, migrations);
        if (header.exists)
            std::remove(file.c_str()); // 0 bytes
        publish(temporary, file);
    } catch (...) {
        removeTemporary(temporary);
        throw;
    }
    removeTemporary(temporary);
}

} // namespace storage::sqlite
