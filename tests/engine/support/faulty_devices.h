#pragma once
// Devices that a test makes up: the CPU, and a GPU "cuda:0" that computes like the CPU, in memory of its own, until it
// fails as the test wants.

#include "engine/devices.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

namespace support {

/// What goes wrong, and when. Read by the engine's threads while the test writes it.
struct Faults {
    /// Of synchronize(): so many still succeed, then none ever again. Negative: all succeed.
    std::atomic<int> synchronizations = -1;
    std::atomic<bool> reserveFails = false; ///< with OutOfMemory
    /// Bytes another program takes between the plan and the load.
    std::atomic<std::uint64_t> takenAfterPlan = 0;
    std::atomic<bool> opensNot = false; ///< DeviceFailed before anything is computed
};

class FaultyDevices final : public engine::Devices {
public:
    static constexpr const char *gpu = "cuda:0";
    static constexpr const char *gpuName = "NVIDIA Test 24 GB";
    static constexpr std::uint64_t total = 24'000'000'000;

    Faults faults;
    /// Free memory of the GPU with nothing loaded.
    std::atomic<std::uint64_t> freeBytes = 20'000'000'000;
    std::atomic<bool> hasGpu = true;
    std::atomic<std::uint64_t> taken = 0; ///< by models and caches, now

    void setUsage(std::optional<engine::DeviceUsage> usage);
    void setProblem(engine::DeviceProblem problem); ///< of the GPU

    std::optional<engine::DeviceUsage> usage(const std::string &id) override;
    std::optional<std::uint64_t> workspaceBytes(const engine::DeviceInfo &device,
                                                const engine::backend::WorkspaceShape &shape, int threads) override;

protected:
    engine::DeviceList ask() override;
    std::unique_ptr<engine::backend::Backend> make(const engine::DeviceInfo &device, int threads) override;

private:
    std::mutex m_mutex; ///< guards the two below
    std::optional<engine::DeviceUsage> m_usage;
    engine::DeviceProblem m_problem;
};

} // namespace support
