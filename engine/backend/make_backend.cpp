#include "engine/backend/make_backend.h"

#include "engine/backend/cuda_plugin.h"
#include "engine/device_info.h"
#include "engine/error.h"
#include "engine/memory/available_memory.h"

#include <algorithm>

namespace engine::backend {

namespace {

constexpr const char *cpu = "cpu";

[[noreturn]] void failUnknown(const std::string &device, const DeviceList &list)
{
    std::string sentence = "There is no device " + device + ". This machine has ";
    for (std::size_t i = 0; i < list.devices.size(); ++i)
        sentence += (i == 0 ? "" : ", ") + list.devices[i].id;
    sentence += ".";
    for (const DeviceList::Absence &absence : list.absent)
        sentence += " " + absence.sentence;
    throw Error(ErrorCode::RequestInvalid, {}, "device", sentence);
}

DeviceInfo findDevice(const std::string &device)
{
    const DeviceList list = listDevices();
    const auto found = std::find_if(list.devices.begin(), list.devices.end(),
                                    [&](const DeviceInfo &info) { return info.id == device; });
    if (found == list.devices.end())
        failUnknown(device, list);
    return *found;
}

} // namespace

std::unique_ptr<Backend> makeBackend(const std::string &device, int threads)
{
    if (device == cpu)
        return makeCpuBackend(threads);
    const std::string id = findDevice(device).id;
    return makeCudaBackend(findCudaPlugin().value_or(std::string()), std::stoi(id.substr(id.find(':') + 1)));
}

std::uint64_t freeMemory(const std::string &device)
{
    return device == cpu ? memory::availableMemory() : findDevice(device).memoryFree;
}

} // namespace engine::backend
