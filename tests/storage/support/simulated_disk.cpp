#include "tests/storage/support/simulated_disk.h"

#include <sqlite3.h>

namespace storage::testing {

namespace {

sqlite3_vfs *real()
{
    static sqlite3_vfs *const vfs = sqlite3_vfs_find(nullptr);
    return vfs;
}

/// Memory that SQLite provides; the real file lies behind it.
struct File {
    sqlite3_file base;
    QString *path;
};

constexpr int realFileOffset = (sizeof(File) + 15) / 16 * 16;

sqlite3_file *realFile(sqlite3_file *file)
{
    return reinterpret_cast<sqlite3_file *>(reinterpret_cast<char *>(file) + realFileOffset);
}

int tellDisk(sqlite3_file *file, DiskOperation::Kind kind, qint64 offset, QByteArray bytes = {})
{
    return SimulatedDisk::install().change({kind, *reinterpret_cast<File *>(file)->path, offset, std::move(bytes)});
}

int closeFile(sqlite3_file *file)
{
    delete reinterpret_cast<File *>(file)->path;
    return realFile(file)->pMethods->xClose(realFile(file));
}

int readFile(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    return realFile(file)->pMethods->xRead(realFile(file), bytes, count, offset);
}

int writeFile(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    const int code = tellDisk(file, DiskOperation::Kind::Write, offset, {static_cast<const char *>(bytes), count});
    const int written = code == SQLITE_OK ? count : count / 2; // a failing write has often done a part of its work
    const int result = realFile(file)->pMethods->xWrite(realFile(file), bytes, written, offset);
    return code != SQLITE_OK ? code : result;
}

int truncateFile(sqlite3_file *file, sqlite3_int64 size)
{
    const int code = tellDisk(file, DiskOperation::Kind::Truncate, size);
    return code != SQLITE_OK ? code : realFile(file)->pMethods->xTruncate(realFile(file), size);
}

/// What reaches the real disk does not matter here, and waiting for it would make thousands of cuts slow.
int syncFile(sqlite3_file *file, int)
{
    return tellDisk(file, DiskOperation::Kind::Sync, 0);
}

int sizeOfFile(sqlite3_file *file, sqlite3_int64 *size)
{
    return realFile(file)->pMethods->xFileSize(realFile(file), size);
}

int lockFile(sqlite3_file *file, int level)
{
    return realFile(file)->pMethods->xLock(realFile(file), level);
}

int unlockFile(sqlite3_file *file, int level)
{
    return realFile(file)->pMethods->xUnlock(realFile(file), level);
}

int isReserved(sqlite3_file *file, int *result)
{
    return realFile(file)->pMethods->xCheckReservedLock(realFile(file), result);
}

int controlFile(sqlite3_file *file, int operation, void *argument)
{
    return realFile(file)->pMethods->xFileControl(realFile(file), operation, argument);
}

int sectorSize(sqlite3_file *)
{
    return 512;
}

int characteristics(sqlite3_file *)
{
    return 0; // promises nothing: no atomic writes, no safe append, no powersafe overwrite
}

const sqlite3_io_methods methods = {1,           closeFile,  readFile,        writeFile,  truncateFile,
                                    syncFile,    sizeOfFile, lockFile,        unlockFile, isReserved,
                                    controlFile, sectorSize, characteristics, nullptr,    nullptr,
                                    nullptr,     nullptr,    nullptr,         nullptr};

int openFile(sqlite3_vfs *, const char *name, sqlite3_file *file, int flags, int *granted)
{
    auto *own = reinterpret_cast<File *>(file);
    own->base.pMethods = nullptr;
    const int code = real()->xOpen(real(), name, realFile(file), flags, granted);
    if (code != SQLITE_OK)
        return code;
    own->path = new QString(QString::fromUtf8(name ? name : ""));
    own->base.pMethods = &methods;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs *, const char *name, int syncFolder)
{
    const int code =
        SimulatedDisk::install().change({DiskOperation::Kind::Remove, QString::fromUtf8(name), 0, QByteArray()});
    return code != SQLITE_OK ? code : real()->xDelete(real(), name, syncFolder);
}

} // namespace

SimulatedDisk &SimulatedDisk::install()
{
    static SimulatedDisk disk;
    static sqlite3_vfs vfs = [] {
        sqlite3_vfs layer = *real(); // everything but files is the real layer's business
        layer.zName = "simulated-disk";
        layer.szOsFile = realFileOffset + real()->szOsFile;
        layer.xOpen = openFile;
        layer.xDelete = deleteFile;
        layer.pNext = nullptr;
        return layer;
    }();
    static const int registered = sqlite3_vfs_register(&vfs, 1);
    static_cast<void>(registered);
    return disk;
}

void SimulatedDisk::failAt(int number, int code, bool sticky)
{
    const std::lock_guard lock(m_mutex);
    m_left = number;
    m_code = code;
    m_sticky = sticky;
    m_failed = false;
}

void SimulatedDisk::heal()
{
    const std::lock_guard lock(m_mutex);
    m_left = 0;
    m_sticky = false;
}

bool SimulatedDisk::hasFailed() const
{
    const std::lock_guard lock(m_mutex);
    return m_failed;
}

void SimulatedDisk::startRecording()
{
    const std::lock_guard lock(m_mutex);
    m_operations.clear();
    m_recording = true;
}

std::vector<DiskOperation> SimulatedDisk::takeRecording()
{
    const std::lock_guard lock(m_mutex);
    m_recording = false;
    return std::move(m_operations);
}

std::size_t SimulatedDisk::recorded() const
{
    const std::lock_guard lock(m_mutex);
    return m_operations.size();
}

int SimulatedDisk::change(DiskOperation operation)
{
    const std::lock_guard lock(m_mutex);
    if (m_left > 0 && --m_left == 0)
        m_failed = true;
    else if (!(m_failed && m_sticky)) {
        if (m_recording)
            m_operations.push_back(std::move(operation));
        return SQLITE_OK;
    }
    return m_code;
}

} // namespace storage::testing
