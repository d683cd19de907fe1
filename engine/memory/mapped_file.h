#pragma once
// A regular file opened read-only, read with pread and mapped for weights.
//
// Truncating a file under a mapping makes the kernel send SIGBUS to whoever touches the lost pages, which would kill
// the process. Therefore everything that is parsed is read with pread (a short read is an error, not a signal), and
// map() installs a process-wide SIGBUS handler that puts zero pages under a fault inside a live mapping and marks that
// mapping. The reader sees zeros and goes on; the engine asks shrunk() once per step and ends the operation with
// Error FileChanged. A SIGBUS anywhere else goes to the handler that was installed before.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace engine::memory {

class SigbusGuard;

/// Move-only. Reading is safe from any number of threads; the mapping must not be read after destruction.
class MappedFile {
public:
    MappedFile() noexcept;
    /// Opens without mapping. `path` must name a regular file and not a symbolic link; FIFOs and devices are refused
    /// without opening them. `shownName` is what errors call the file: the path as the user gave it.
    /// Throws Error FileMissing or FileUnreadable.
    MappedFile(const std::string &path, std::string shownName);
    ~MappedFile();
    MappedFile(MappedFile &&other) noexcept;
    MappedFile &operator=(MappedFile &&other) noexcept;
    MappedFile(const MappedFile &) = delete;
    MappedFile &operator=(const MappedFile &) = delete;

    const std::string &name() const { return m_name; }
    std::uint64_t size() const { return m_size; } ///< bytes, from fstat when opened

    /// Fills `target` from `offset` with pread. Throws FileTruncated beyond size(), FileChanged when the file has
    /// become shorter since it was opened, FileUnreadable on an I/O error.
    void read(std::uint64_t offset, std::span<std::byte> target) const;

    /// Maps the whole file. Throws FileUnreadable, or OutOfMemory when the address space is full.
    void map();
    std::span<const std::byte> bytes() const; ///< empty before map()

    /// Scattered: the kernel reads the touched pages only, instead of 128 KiB around each. Sequential is the default.
    enum class Access { Sequential, Scattered };
    void expect(Access access) const noexcept;
    /// Begins to read `part` of bytes() from the disk and returns at once: what is asked for before it is needed
    /// arrives together instead of one wait after the other.
    static void prefetch(std::span<const std::byte> part) noexcept;

    /// The file is now shorter than when it was opened, or a fault was caught inside the mapping: what was read from
    /// the mapping since may be zeros. One fstat.
    bool shrunk() const;
    /// shrunk(), or it was written to in place since it was opened.
    bool changed() const;

private:
    void close() noexcept;
    struct Stamp {
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        bool operator==(const Stamp &) const = default;
    };
    struct Status {
        std::uint64_t size = 0;
        Stamp modified;
    };
    Status status() const; ///< throws FileUnreadable when it is not a regular file

    std::string m_name;
    int m_fd = -1;
    std::uint64_t m_size = 0;
    Stamp m_modified;
    const std::byte *m_base = nullptr;
    std::unique_ptr<SigbusGuard> m_guard;
};

} // namespace engine::memory
