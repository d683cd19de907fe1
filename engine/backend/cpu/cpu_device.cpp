#include "engine/backend/cpu/cpu_device.h"

#include "engine/backend/cpu/simd_targets.h"
#include "engine/memory/available_memory.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include "hwy/targets.h"

namespace engine::backend::cpu {

namespace {

/// The value after "key ... :" of the first line that begins with the key.
std::string valueOf(const char *file, const std::string &key)
{
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        const std::size_t colon = line.find(':');
        if (line.compare(0, key.size(), key) != 0 || colon == std::string::npos)
            continue;
        const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
        return begin == std::string::npos ? std::string() : line.substr(begin);
    }
    return {};
}

std::uint64_t memoryBytes(const std::string &key)
{
    const std::string kibibytes = valueOf("/proc/meminfo", key);
    return kibibytes.empty() ? 0 : std::strtoull(kibibytes.c_str(), nullptr, 10) * 1024;
}

/// The best compiled target has the lowest bit.
std::string instructionSet()
{
    const auto usable = hwy::SupportedTargets() & HWY_TARGETS;
    return usable == 0 ? "scalar" : hwy::TargetName(usable & -usable);
}

} // namespace

DeviceInfo describeCpu()
{
    DeviceInfo info;
    info.id = cpuDevice;
    info.name = valueOf("/proc/cpuinfo", "model name");
    if (info.name.empty())
        info.name = "CPU"; // ARM kernels give no name
    info.architecture = instructionSet();
    info.units = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    info.memoryTotal = memoryBytes("MemTotal");
    info.memoryFree = std::min(info.memoryTotal, memory::availableMemory());
    return info;
}

} // namespace engine::backend::cpu
