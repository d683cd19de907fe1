#pragma once
// The database as a file: what its header says before SQLite may touch it, and who may read it.

#include <cstdint>
#include <string>

namespace storage::sqlite {

inline constexpr std::int32_t applicationId =
    0x42617468; ///< "Bath"; in the header, so `file` and other programs can tell

struct FileHeader {
    bool exists = false;
    bool empty = true;       ///< 0 bytes
    bool isDatabase = false; ///< SQLite's magic is there
    std::int32_t application = 0;
    std::int32_t userVersion = 0;
};

/// Reads the first bytes through SQLite's own file layer: closing a plain descriptor would drop the POSIX locks that a
/// store of this process holds on the same file. Throws Error.
FileHeader readFileHeader(const std::string &file);

/// A write-ahead log with something in it: the database is not whole without it.
bool hasLog(const std::string &file);

std::string folderOf(const std::string &file);

/// Absolute, because the working directory may change.
std::string absolutePath(const std::string &file);

/// Creates the missing folders of the path with mode 0700. Throws Error.
void createPrivateFolder(const std::string &folder);

/// Creates an empty file with mode 0600 whatever the umask; an existing one is left. Throws Error.
void createPrivateFile(const std::string &file);

/// Takes the rights of group and others away from the database and its -wal. Throws Error.
void makePrivate(const std::string &file);

/// Puts the bytes of a file that SQLite does not manage on the disk. Throws Error.
void syncFile(const std::string &file);

/// Puts the names in the folder (creations, renames) on the disk. Throws Error.
void syncFolder(const std::string &folder);

std::int64_t millisecondsNow(); ///< since 1970 UTC

} // namespace storage::sqlite
