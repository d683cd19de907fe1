#include "engine/backend/cuda_plugin.h"

#include "engine/backend/cuda/plugin.h"
#include "engine/error.h"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <memory>

namespace engine::backend {

namespace {

namespace fs = std::filesystem;

constexpr const char *kind = "cuda";
constexpr const char *fileName = "libbathyscope_cuda.so";
/// Of what is free: the driver takes memory for kernels when they are first used, for graphs, and as it rounds up.
constexpr std::uint64_t driverBytes = std::uint64_t{256} << 20;

std::string versionText(int version)
{
    return std::to_string(version / 1000) + '.' + std::to_string(version % 1000 / 10);
}

DeviceProblem problemOf(const BathyscopeCudaQuery &query)
{
    using Kind = DeviceProblem::Kind;
    const std::string needed = versionText(query.runtimeVersion);
    const std::string found = versionText(query.driverVersion);
    switch (query.problem) {
    case bathyscope_cuda_fine:
        return {};
    case bathyscope_cuda_no_driver:
        return {Kind::NoDriver,
                {},
                needed,
                "No NVIDIA driver is installed. To use NVIDIA GPUs, install one that serves CUDA " + needed + "."};
    case bathyscope_cuda_old_driver:
        return {Kind::OldDriver, found, needed,
                "The NVIDIA driver serves CUDA " + found + ", this program needs CUDA " + needed +
                    ". Install a newer driver."};
    case bathyscope_cuda_no_device:
        return {Kind::NoDevice,
                {},
                {},
                "The NVIDIA driver reports no GPU. Check that one is built in and that CUDA_VISIBLE_DEVICES does not "
                "hide it."};
    case bathyscope_cuda_failed:
        break;
    }
    return {Kind::Unanswered,
            {},
            {},
            std::string("The NVIDIA driver could not be asked for its GPUs: ") + query.detail +
                ". Check it with nvidia-smi, or restart the machine."};
}

DeviceProblem problemOf(const BathyscopeCudaDevice &device, int leastCapability)
{
    if (10 * device.major + device.minor >= leastCapability)
        return {};
    const std::string found = std::to_string(device.major) + '.' + std::to_string(device.minor);
    const std::string needed = std::to_string(leastCapability / 10) + '.' + std::to_string(leastCapability % 10);
    return {DeviceProblem::Kind::OldHardware, found, needed,
            std::string(device.name) + " has compute capability " + found + ", this program needs " + needed +
                " (Ampere) or newer. Use another GPU or the CPU."};
}

DeviceProblem badPlugin(const std::string &sentence)
{
    return {DeviceProblem::Kind::BadPlugin, {}, {}, sentence};
}

DeviceInfo deviceInfo(const BathyscopeCudaQuery &query, int index)
{
    const BathyscopeCudaDevice &device = query.devices[index];
    DeviceInfo info;
    info.id = std::string(kind) + ':' + std::to_string(index);
    info.name = device.name;
    info.architecture = "sm_" + std::to_string(device.major) + std::to_string(device.minor);
    info.units = device.multiprocessors;
    info.memoryTotal = device.memoryTotal;
    info.memoryFree = device.memoryFree - std::min(driverBytes, device.memoryFree);
    info.problem = problemOf(device, query.leastCapability);
    return info;
}

int indexOf(const std::string &id)
{
    return std::stoi(id.substr(id.find(':') + 1));
}

/// The plugin's entries; with a sentence when it cannot be used.
struct Plugin {
    decltype(&bathyscope_cuda_query) query = nullptr;
    decltype(&bathyscope_cuda_make_backend) makeBackend = nullptr;
    decltype(&bathyscope_cuda_usage) usage = nullptr;
    decltype(&bathyscope_cuda_workspace_bytes) workspaceBytes = nullptr;
    std::string problem;
};

template <typename Entry>
bool find(void *library, const char *name, Entry &entry)
{
    entry = reinterpret_cast<Entry>(dlsym(library, name));
    return entry != nullptr;
}

Plugin openPlugin(const std::string &file)
{
    Plugin plugin;
    // Never closed: the CUDA runtime leaves threads behind that would run into unmapped code.
    void *const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char *const reason = dlerror();
        plugin.problem = "The CUDA plugin " + file +
                         " could not be opened: " + (reason == nullptr ? "unknown reason" : reason) +
                         ". Install it again.";
        return plugin;
    }
    decltype(&bathyscope_cuda_plugin_abi) abi = nullptr;
    // The number first: the entries of another version may be others.
    const bool whole = find(library, "bathyscope_cuda_plugin_abi", abi) && abi() == bathyscope_cuda_abi &&
                       find(library, "bathyscope_cuda_query", plugin.query) &&
                       find(library, "bathyscope_cuda_make_backend", plugin.makeBackend) &&
                       find(library, "bathyscope_cuda_usage", plugin.usage) &&
                       find(library, "bathyscope_cuda_workspace_bytes", plugin.workspaceBytes);
    if (!whole)
        plugin.problem = file + " is not the CUDA plugin of this version. Install both again together.";
    return plugin;
}

} // namespace

std::optional<std::string> findCudaPlugin()
{
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (error)
        return std::nullopt;
    for (const fs::path &place : {folder, folder.parent_path() / BATHYSCOPE_LIBRARY_FOLDER / "bathyscope"})
        if (fs::exists(place / fileName, error))
            return (place / fileName).string();
    return std::nullopt;
}

void addCudaDevices(const std::string &file, DeviceList &list)
{
    const Plugin plugin = openPlugin(file);
    if (!plugin.problem.empty()) {
        list.absent.push_back({kind, badPlugin(plugin.problem)});
        return;
    }
    const auto query = std::make_unique<BathyscopeCudaQuery>();
    plugin.query(query.get());
    for (int index = 0; index < query->count; ++index)
        list.devices.push_back(deviceInfo(*query, index));
    if (query->count == 0)
        list.absent.push_back({kind, problemOf(*query)});
}

std::unique_ptr<Backend> makeCudaBackend(const std::string &file, const std::string &id)
{
    const Plugin plugin = openPlugin(file);
    if (!plugin.problem.empty())
        throw Error(ErrorCode::DeviceFailed, file, {}, plugin.problem);
    return std::unique_ptr<Backend>(plugin.makeBackend(indexOf(id)));
}

std::optional<DeviceUsage> cudaUsage(const std::string &file, const std::string &id)
{
    const Plugin plugin = openPlugin(file);
    BathyscopeCudaUsage told{};
    if (!plugin.problem.empty() || !plugin.usage(indexOf(id), &told))
        return std::nullopt;
    DeviceUsage usage{id, told.memoryUsed, told.memoryTotal, std::nullopt};
    if (told.busyPercent >= 0)
        usage.busyPercent = told.busyPercent;
    return usage;
}

std::optional<std::uint64_t> cudaWorkspaceBytes(const std::string &file, const WorkspaceShape &shape, int units)
{
    const Plugin plugin = openPlugin(file);
    return plugin.problem.empty() ? std::optional(plugin.workspaceBytes(shape, units)) : std::nullopt;
}

} // namespace engine::backend
