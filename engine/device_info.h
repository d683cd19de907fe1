#pragma once
// The devices of this machine. Plain data; may cross threads.

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct DeviceInfo {
    std::string id;                ///< "cpu", "cuda:0", ...
    std::string name;              ///< as the device calls itself
    std::string architecture;      ///< "AVX2", "AVX3_ZEN4" (Highway's names), "sm_90"
    int units = 0;                 ///< hardware threads this process may use, or streaming multiprocessors
    std::uint64_t memoryTotal = 0; ///< bytes
    std::uint64_t memoryFree = 0;  ///< bytes that can be had now
    bool runsModels = false;       ///< false: listed only, this version computes elsewhere
};

struct DeviceList {
    std::vector<DeviceInfo> devices; ///< the CPU first
    /// Why devices of a kind are not listed: "cuda" and a whole English sentence.
    struct Absence {
        std::string kind;
        std::string sentence;
    };
    std::vector<Absence> absent;
};

/// Asks the system anew at each call; never throws for what a machine lacks. May be called from any thread. The first
/// call that finds a CUDA driver takes up to a second.
DeviceList listDevices();

} // namespace engine
