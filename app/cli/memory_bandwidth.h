#pragma once
// How fast this machine reads memory: the ceiling of decoding, which reads every active weight once per token.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace app::cli {

class MemoryBandwidth {
public:
    static constexpr std::size_t bytes = std::size_t{256} << 20U; ///< beyond the caches

    explicit MemoryBandwidth(int threads); ///< allocates and fills the memory that is read

    double measure(); ///< bytes per second, of all threads together, for at least 0.2 s

private:
    /// Passes over one thread's share until the time is up; returns the bytes read.
    std::uint64_t readShare(int thread, double seconds) const;

    int m_threads;
    std::unique_ptr<unsigned char[]> m_memory;
};

} // namespace app::cli
