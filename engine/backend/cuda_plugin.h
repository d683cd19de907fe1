#pragma once
// Opens the CUDA plugin and asks it. engine/backend/cuda/plugin.h is what both sides agree on.

#include "engine/backend/backend.h"
#include "engine/device_info.h"

#include <memory>
#include <optional>
#include <string>

namespace engine::backend {

/// bathyscope_cuda beside the running program, else in its lib/bathyscope; nothing if this build has none.
std::optional<std::string> findCudaPlugin();

/// Adds the CUDA devices to `list`, or one sentence about why there are none. `file`: the plugin. Never throws.
void addCudaDevices(const std::string &file, DeviceList &list);

/// The op table of a GPU of that list. `file`: the plugin. Throws Error DeviceFailed or OutOfMemory.
std::unique_ptr<Backend> makeCudaBackend(const std::string &file, const std::string &id);

/// As Devices::usage() and Devices::workspaceBytes(); `units`: multiprocessors.
std::optional<DeviceUsage> cudaUsage(const std::string &file, const std::string &id);
std::optional<std::uint64_t> cudaWorkspaceBytes(const std::string &file, const WorkspaceShape &shape, int units);

} // namespace engine::backend
