#include "engine/backend/cuda_plugin.h"

#include "engine/backend/cuda/plugin.h"
#include "engine/error.h"

#include <dlfcn.h>
#include <filesystem>
#include <memory>

namespace engine::backend {

namespace {

namespace fs = std::filesystem;

constexpr const char *kind = "cuda";
constexpr const char *fileName = "libbathyscope_cuda.so";

std::string versionText(int version)
{
    return std::to_string(version / 1000) + '.' + std::to_string(version % 1000 / 10);
}

std::string sentenceFor(const BathyscopeCudaQuery &query)
{
    const std::string needed = versionText(query.runtimeVersion);
    switch (query.problem) {
    case bathyscope_cuda_fine:
        return {};
    case bathyscope_cuda_no_driver:
        return "No NVIDIA driver is installed. To use NVIDIA GPUs, install one that serves CUDA " + needed + ".";
    case bathyscope_cuda_old_driver:
        return "The NVIDIA driver serves CUDA " + versionText(query.driverVersion) + ", this program needs CUDA " +
               needed + ". Install a newer driver.";
    case bathyscope_cuda_no_device:
        return "The NVIDIA driver reports no GPU. Check that one is built in and that CUDA_VISIBLE_DEVICES does not "
               "hide it.";
    case bathyscope_cuda_failed:
        break;
    }
    return std::string("The NVIDIA driver could not be asked for its GPUs: ") + query.detail +
           ". Check it with nvidia-smi, or restart the machine.";
}

template <typename Function>
Function *entry(void *library, const char *name)
{
    return reinterpret_cast<Function *>(dlsym(library, name));
}

DeviceInfo deviceInfo(const BathyscopeCudaDevice &device, int index)
{
    DeviceInfo info;
    info.id = std::string(kind) + ':' + std::to_string(index);
    info.name = device.name;
    info.architecture = "sm_" + std::to_string(device.major) + std::to_string(device.minor);
    info.units = device.multiprocessors;
    info.memoryTotal = device.memoryTotal;
    info.memoryFree = device.memoryFree;
    info.runsModels = true;
    return info;
}

/// The plugin's entries; null with a sentence when it cannot be used.
struct Plugin {
    void (*query)(BathyscopeCudaQuery *) = nullptr;
    Backend *(*makeBackend)(int) = nullptr;
    std::string problem;
};

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
    auto *const abi = entry<int()>(library, "bathyscope_cuda_plugin_abi");
    plugin.query = entry<void(BathyscopeCudaQuery *)>(library, "bathyscope_cuda_query");
    plugin.makeBackend = entry<Backend *(int)>(library, "bathyscope_cuda_make_backend");
    if (abi == nullptr || plugin.query == nullptr || plugin.makeBackend == nullptr || abi() != bathyscope_cuda_abi)
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
        list.absent.push_back({kind, plugin.problem});
        return;
    }
    const auto query = std::make_unique<BathyscopeCudaQuery>();
    plugin.query(query.get());
    for (int index = 0; index < query->count; ++index)
        list.devices.push_back(deviceInfo(query->devices[index], index));
    if (query->count == 0)
        list.absent.push_back({kind, sentenceFor(*query)});
}

std::unique_ptr<Backend> makeCudaBackend(const std::string &file, int device)
{
    const Plugin plugin = openPlugin(file);
    if (!plugin.problem.empty())
        throw Error(ErrorCode::DeviceFailed, file, {}, plugin.problem);
    return std::unique_ptr<Backend>(plugin.makeBackend(device));
}

} // namespace engine::backend
