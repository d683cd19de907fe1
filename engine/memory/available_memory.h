#pragma once
// How much memory this process may still take, asked anew at each call.

#include <cstdint>
#include <string>

namespace engine::memory {

/// Bytes that can be had now without driving anything out but file cache: the smallest of MemAvailable of
/// /proc/meminfo and, for this process's control group and each group above it (versions 1 and 2), what its limit
/// leaves over its use, where file cache does not count as used. The largest number where /proc tells nothing. `root`
/// stands before all paths, those of mounts included. Thread contract: any thread.
std::uint64_t availableMemory(const std::string &root = {});

} // namespace engine::memory
