#pragma once
// The devices an engine computes on: those of this machine, or ones that a test makes up. Thread contract: any thread.

#include "engine/device_info.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace engine {

namespace backend {
class Backend;
struct WorkspaceShape;
} // namespace backend

class Devices {
public:
    virtual ~Devices() = default;

    /// As listDevices(); those that failed say so.
    DeviceList list();
    /// Throws Error RequestInvalid, field "device", for one that is not there (the sentence says which there are, or
    /// why there is no GPU) and for one that cannot be used, with the sentence why.
    DeviceInfo find(const std::string &id);
    /// `threads` are the CPU's, 0 = one per core. Throws as find(), and DeviceFailed or OutOfMemory.
    std::unique_ptr<backend::Backend> open(const std::string &id, int threads);

    /// It failed while it computed, and is not used again as long as this lives: what it computes could be wrong, and
    /// what it was given is not given back. `what`: the backend's own words. Returns the sentence to be told from now
    /// on, that of the first failure.
    std::string markFailed(const std::string &id, const std::string &what);
    std::optional<std::string> failureOf(const std::string &id) const; ///< that sentence

    /// Nothing where it cannot be told. Does not disturb what the device computes.
    virtual std::optional<DeviceUsage> usage(const std::string &id) = 0;
    /// What Backend::reserve() takes for these shapes, known without the device; nothing where it cannot be told.
    virtual std::optional<std::uint64_t> workspaceBytes(const DeviceInfo &device, const backend::WorkspaceShape &shape,
                                                        int threads) = 0;

protected:
    virtual DeviceList ask() = 0;
    virtual std::unique_ptr<backend::Backend> make(const DeviceInfo &device, int threads) = 0;

private:
    mutable std::mutex m_mutex; ///< guards the two below
    std::map<std::string, DeviceInfo> m_opened;
    std::map<std::string, DeviceInfo> m_failed;
};

/// Those of this machine; the same for all engines of the process, as what failed is lost to all of them.
std::shared_ptr<Devices> machineDevices();

} // namespace engine
