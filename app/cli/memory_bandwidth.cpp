#include "app/cli/memory_bandwidth.h"

#include <chrono>
#include <cstring>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace app::cli {

namespace {

constexpr unsigned char filling = 0x55;
constexpr unsigned char absent = 0xAA;
constexpr double measureSeconds = 0.2;

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

} // namespace

MemoryBandwidth::MemoryBandwidth(int threads) : m_threads(threads), m_memory(new unsigned char[bytes])
{
    // Untouched pages all map to one page of zeros, which would be read from the cache.
    std::memset(m_memory.get(), filling, bytes);
}

double MemoryBandwidth::measure()
{
    std::vector<std::uint64_t> read(static_cast<std::size_t>(m_threads));
    std::latch start(m_threads + 1);
    Clock::time_point begin;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < m_threads; ++i) {
            threads.emplace_back([this, i, &read, &start] {
                start.arrive_and_wait();
                read[static_cast<std::size_t>(i)] = readShare(i, measureSeconds);
            });
        }
        start.arrive_and_wait();
        begin = Clock::now();
    }
    const double seconds = secondsSince(begin);
    std::uint64_t total = 0;
    for (const std::uint64_t share : read)
        total += share;
    return static_cast<double>(total) / seconds;
}

std::uint64_t MemoryBandwidth::readShare(int thread, double seconds) const
{
    const std::size_t share = bytes / static_cast<std::size_t>(m_threads);
    const unsigned char *const data = m_memory.get() + static_cast<std::size_t>(thread) * share;
    const Clock::time_point start = Clock::now();
    std::uint64_t total = 0;
    do {
        // Looking for a byte that is not there reads each one, with the widest vectors the C library has here.
        if (std::memchr(data, absent, share) != nullptr)
            throw std::logic_error("the filling has changed");
        total += share;
    } while (secondsSince(start) < seconds);
    return total;
}

} // namespace app::cli
