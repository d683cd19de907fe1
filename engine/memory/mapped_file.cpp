#include "engine/memory/mapped_file.h"

#include "engine/error.h"
#include "engine/memory/detail/sigbus_guard.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace engine::memory {

namespace {

std::string reason(int errorNumber)
{
    return std::system_category().message(errorNumber);
}

[[noreturn]] void failUnreadable(const std::string &name, const std::string &why)
{
    throw Error(ErrorCode::FileUnreadable, name, {}, name + ": cannot be read (" + why + ").");
}

/// Before open(): opening a device or FIFO may already have an effect or wait.
void requireRegular(const std::string &path, const std::string &name)
{
    struct stat info = {};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            throw Error(ErrorCode::FileMissing, name, {}, name + ": there is no such file.");
        }
        failUnreadable(name, reason(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        failUnreadable(name, "it is not a regular file");
    }
}

int openWith(const std::string &path, int flags)
{
    int fd = -1;
    do {
        fd = ::open(path.c_str(), flags);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/// Not even the access time changes where the system allows that: the owner of the file may.
int openReadOnly(const std::string &path)
{
    constexpr int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const int fd = openWith(path, flags | O_NOATIME);
    return fd < 0 && errno == EPERM ? openWith(path, flags) : fd;
}

} // namespace

MappedFile::MappedFile() noexcept = default;

MappedFile::MappedFile(const std::string &path, std::string shownName) : m_name(std::move(shownName))
{
    requireRegular(path, m_name);
    m_fd = openReadOnly(path);
    if (m_fd < 0) {
        failUnreadable(m_name, reason(errno));
    }
    try {
        const Status now = status();
        m_size = now.size;
        m_modified = now.modified;
    } catch (...) {
        close();
        throw;
    }
}

MappedFile::~MappedFile()
{
    close();
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : m_name(std::move(other.m_name)), m_fd(std::exchange(other.m_fd, -1)), m_size(std::exchange(other.m_size, 0)),
      m_modified(other.m_modified), m_base(std::exchange(other.m_base, nullptr)), m_guard(std::move(other.m_guard))
{
}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept
{
    if (this != &other) {
        close();
        m_name = std::move(other.m_name);
        m_fd = std::exchange(other.m_fd, -1);
        m_size = std::exchange(other.m_size, 0);
        m_modified = other.m_modified;
        m_base = std::exchange(other.m_base, nullptr);
        m_guard = std::move(other.m_guard);
    }
    return *this;
}

void MappedFile::close() noexcept
{
    m_guard.reset();
    if (m_base != nullptr) {
        ::munmap(const_cast<std::byte *>(m_base), m_size);
        m_base = nullptr;
    }
    if (m_fd >= 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

MappedFile::Status MappedFile::status() const
{
    struct stat info = {};
    if (::fstat(m_fd, &info) != 0) {
        failUnreadable(m_name, reason(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        failUnreadable(m_name, "it is not a regular file");
    }
    return {static_cast<std::uint64_t>(info.st_size), {info.st_mtim.tv_sec, info.st_mtim.tv_nsec}};
}

void MappedFile::read(std::uint64_t offset, std::span<std::byte> target) const
{
    if (offset > m_size || target.size() > m_size - offset) {
        throw Error(ErrorCode::FileTruncated, m_name, {},
                    m_name + ": ends after " + std::to_string(m_size) + " bytes, before what should be read at byte " +
                        std::to_string(offset) + ".");
    }
    while (!target.empty()) {
        const ssize_t got = ::pread(m_fd, target.data(), target.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            failUnreadable(m_name, reason(errno));
        }
        if (got == 0) {
            throw Error(ErrorCode::FileChanged, m_name, {},
                        m_name + ": changed on disk while it was read; it is now shorter than before.");
        }
        target = target.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

void MappedFile::map()
{
    if (m_base != nullptr || m_size == 0) {
        return;
    }
    void *base = ::mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, m_fd, 0);
    if (base == MAP_FAILED) {
        if (errno == ENOMEM) {
            throw Error(ErrorCode::OutOfMemory, m_name, {},
                        m_name + ": there is no room to map its " + std::to_string(m_size) + " bytes into memory.");
        }
        failUnreadable(m_name, reason(errno));
    }
    m_base = static_cast<const std::byte *>(base);
    m_guard = std::make_unique<SigbusGuard>(base, m_size);
}

std::span<const std::byte> MappedFile::bytes() const
{
    return {m_base, m_base == nullptr ? 0 : static_cast<std::size_t>(m_size)};
}

void MappedFile::expect(Access access) const noexcept
{
    if (m_base != nullptr) { // advice only: nothing depends on its success
        ::madvise(const_cast<std::byte *>(m_base), m_size, access == Access::Scattered ? MADV_RANDOM : MADV_NORMAL);
    }
}

void MappedFile::prefetch(std::span<const std::byte> part) noexcept
{
    const auto pageBytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(part.data());
    const std::uintptr_t page = begin & ~(pageBytes - 1);
    if (!part.empty()) // advice only
        ::madvise(reinterpret_cast<void *>(page), begin - page + part.size(), MADV_WILLNEED);
}

bool MappedFile::shrunk() const
{
    return (m_guard && m_guard->faulted()) || (m_fd >= 0 && status().size < m_size);
}

bool MappedFile::changed() const
{
    if (shrunk()) {
        return true;
    }
    if (m_fd < 0) {
        return false;
    }
    const Status now = status();
    return now.size != m_size || now.modified != m_modified;
}

} // namespace engine::memory
