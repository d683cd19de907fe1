#include "engine/backend/cuda/detail/management.h"

#include <dlfcn.h>

namespace engine::backend::cuda {

Management::Management(const char *library)
{
    void *const opened = dlopen(library, RTLD_NOW | RTLD_LOCAL); // never closed: it may leave threads behind
    if (opened == nullptr)
        return;
    auto *const begin = reinterpret_cast<int (*)()>(dlsym(opened, "nvmlInit_v2"));
    const auto handle = reinterpret_cast<HandleByBusId>(dlsym(opened, "nvmlDeviceGetHandleByPciBusId_v2"));
    m_memory = reinterpret_cast<MemoryInfo>(dlsym(opened, "nvmlDeviceGetMemoryInfo"));
    m_utilization = reinterpret_cast<UtilizationRates>(dlsym(opened, "nvmlDeviceGetUtilizationRates"));
    if (begin != nullptr && m_memory != nullptr && begin() == 0)
        m_handle = handle;
}

bool Management::usage(const std::string &busId, BathyscopeCudaUsage &usage) const
{
    Device device = nullptr;
    Memory memory{};
    if (m_handle == nullptr || m_handle(busId.c_str(), &device) != 0 || m_memory(device, &memory) != 0)
        return false;
    usage.memoryUsed = memory.used;
    usage.memoryTotal = memory.total;
    Utilization busy{};
    const bool told = m_utilization != nullptr && m_utilization(device, &busy) == 0; // not by a part of a shared device
    usage.busyPercent = told ? static_cast<int>(busy.gpu) : -1;
    return true;
}

} // namespace engine::backend::cuda
