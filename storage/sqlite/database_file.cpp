#include "storage/sqlite/database_file.h"

#include "storage/sqlite/failures.h"

#include <sqlite3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace storage::sqlite {

namespace {

constexpr std::size_t headerBytes = 100;

std::int32_t bigEndian(const std::uint8_t *bytes)
{
    return static_cast<std::int32_t>(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                                     std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]});
}

/// One file opened through SQLite's default VFS, read-only.
class VfsFile {
public:
    explicit VfsFile(const std::string &file)
        : m_name(sqlite3_create_filename(file.c_str(), "", "", 0, nullptr), sqlite3_free_filename)
    {
        sqlite3_vfs *vfs = sqlite3_vfs_find(nullptr);
        m_memory.resize(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1);
        int granted = 0;
        if (vfs->xOpen(vfs, m_name.get(), handle(), SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &granted) != SQLITE_OK)
            throw errorFromErrno(errno == 0 ? EIO : errno, file, "open it");
    }
    ~VfsFile() { handle()->pMethods->xClose(handle()); }
    VfsFile(const VfsFile &) = delete;
    VfsFile &operator=(const VfsFile &) = delete;

    /// False if the file ends before; the rest of `bytes` is zero then.
    bool read(std::span<std::uint8_t> bytes, const std::string &file)
    {
        const int code = handle()->pMethods->xRead(handle(), bytes.data(), static_cast<int>(bytes.size()), 0);
        if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
            throw errorFromErrno(errno == 0 ? EIO : errno, file, "read it");
        return code == SQLITE_OK;
    }

private:
    sqlite3_file *handle() { return reinterpret_cast<sqlite3_file *>(m_memory.data()); }

    std::unique_ptr<const char, void (*)(const char *)> m_name;
    std::vector<std::max_align_t> m_memory;
};

void restrict(const std::string &file)
{
    struct stat status;
    if (::stat(file.c_str(), &status) != 0)
        return;
    if ((status.st_mode & 077) != 0 && ::chmod(file.c_str(), 0600) != 0)
        throw errorFromErrno(errno, file, "make it private");
}

void sync(const std::string &path, int flags)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
    const bool done = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int number = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (!done)
        throw errorFromErrno(number, path, "save it");
}

} // namespace

FileHeader readFileHeader(const std::string &file)
{
    FileHeader header;
    struct stat status;
    if (::stat(file.c_str(), &status) != 0) {
        if (errno == ENOENT)
            return header;
        throw errorFromErrno(errno, file, "look at it");
    }
    if (S_ISDIR(status.st_mode))
        throw errorFromErrno(EISDIR, file, "open it");
    header.exists = true;
    header.empty = status.st_size == 0;
    if (header.empty)
        return header;

    std::array<std::uint8_t, headerBytes> bytes{};
    const bool whole = VfsFile(file).read(bytes, file);
    static constexpr char magic[] = "SQLite format 3";
    header.isDatabase = whole && std::memcmp(bytes.data(), magic, sizeof magic) == 0;
    header.userVersion = bigEndian(&bytes[60]);
    header.application = bigEndian(&bytes[68]);
    return header;
}

bool hasLog(const std::string &file)
{
    struct stat status;
    return ::stat((file + "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

std::string folderOf(const std::string &file)
{
    return std::filesystem::path(file).parent_path().string();
}

std::string absolutePath(const std::string &file)
{
    std::error_code failure;
    const std::filesystem::path path = std::filesystem::absolute(file, failure);
    if (file.empty() || failure)
        throw makeError(ErrorCode::InputOutput, file, "The history needs the path of a file.");
    return path.lexically_normal().string();
}

void createPrivateFolder(const std::string &folder)
{
    struct stat status;
    if (folder.empty() || ::stat(folder.c_str(), &status) == 0)
        return;
    createPrivateFolder(folderOf(folder));
    if (::mkdir(folder.c_str(), 0700) == 0) {
        if (::chmod(folder.c_str(), 0700) != 0) // the umask may have taken our own rights away
            throw errorFromErrno(errno, folder, "make the folder private");
        return;
    }
    if (errno != EEXIST)
        throw errorFromErrno(errno, folder, "create the folder");
}

void createPrivateFile(const std::string &file)
{
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        if (errno == EEXIST)
            return;
        throw errorFromErrno(errno, file, "create it");
    }
    const bool done = ::fchmod(descriptor, 0600) == 0;
    const int number = errno;
    ::close(descriptor);
    if (!done)
        throw errorFromErrno(number, file, "make it private");
}

void makePrivate(const std::string &file)
{
    restrict(file);
    restrict(file + "-wal");
}

void syncFile(const std::string &file)
{
    sync(file, 0);
}

void syncFolder(const std::string &folder)
{
    sync(folder, O_DIRECTORY);
}

std::int64_t millisecondsNow()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace storage::sqlite
