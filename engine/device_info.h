#pragma once
// The devices of this machine. Plain data; may cross threads.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine {

/// Why a device, or all of a kind, cannot be used.
struct DeviceProblem {
    enum class Kind {
        None,
        NotBuilt,     ///< this build computes on the CPU only
        BadPlugin,    ///< it is there but not of this version, or cannot be opened
        NoDriver,     ///< `needed`: the CUDA version
        OldDriver,    ///< `found` and `needed`: CUDA versions
        NoDevice,     ///< there is a driver, but no GPU
        OldHardware,  ///< `found` and `needed`: compute capabilities
        Unanswered,   ///< the driver could not be asked
        FailedBefore, ///< it failed since the program was started
    };
    Kind kind = Kind::None;
    std::string found;
    std::string needed;
    std::string sentence; ///< all of it in English, with what to do
};

struct DeviceInfo {
    std::string id{};              ///< "cpu", "cuda:0", ...
    std::string name{};            ///< as the device calls itself
    std::string architecture{};    ///< "AVX2", "AVX3_ZEN4" (Highway's names), "sm_90"
    int units = 0;                 ///< hardware threads this process may use, or streaming multiprocessors
    std::uint64_t memoryTotal = 0; ///< bytes
    std::uint64_t memoryFree = 0;  ///< bytes that can be had now
    DeviceProblem problem{};       ///< why no model is opened on it

    bool runsModels() const { return problem.kind == DeviceProblem::Kind::None; }
};

struct DeviceList {
    std::vector<DeviceInfo> devices; ///< the CPU first
    /// Why devices of a kind are not listed.
    struct Absence {
        std::string kind; ///< "cuda"
        DeviceProblem problem;
    };
    std::vector<Absence> absent;
};

/// What a device is doing now, whoever uses it.
struct DeviceUsage {
    std::string id;
    std::uint64_t memoryUsed = 0; ///< bytes
    std::uint64_t memoryTotal = 0;
    std::optional<int> busyPercent; ///< share of the last second in which it computed; nothing if it does not tell

    bool operator==(const DeviceUsage &) const = default;
};

inline constexpr const char *cpuDevice = "cpu";

/// Asks the system anew at each call; never throws for what a machine lacks. May be called from any thread. The first
/// call that finds a CUDA driver takes up to a second.
DeviceList listDevices();

} // namespace engine
