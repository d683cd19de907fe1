#pragma once
// Keeps a truncated file from killing the process; see mapped_file.h for the contract.

#include <atomic>
#include <cstddef>

namespace engine::memory {

/// One live mapping. While it exists, a SIGBUS inside [base, base + bytes) puts zero pages from the fault to the end
/// of the mapping and sets faulted(). Everything after the first lost page is lost as well when a file was
/// truncated; after an I/O error the load has failed anyway.
/// Construct after mmap, destroy before munmap. Any thread.
class SigbusGuard {
public:
    SigbusGuard(const void *base, std::size_t bytes);
    ~SigbusGuard();
    SigbusGuard(const SigbusGuard &) = delete;
    SigbusGuard &operator=(const SigbusGuard &) = delete;

    bool faulted() const { return m_faulted.load(std::memory_order_acquire); }

    /// For the signal handler: true when `address` is inside and was made readable.
    bool repair(const void *address);

private:
    const std::byte *m_base;
    std::size_t m_bytes;
    std::atomic<bool> m_faulted{false};
};

} // namespace engine::memory
