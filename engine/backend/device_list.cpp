#include "engine/device_info.h"

#include "engine/backend/cpu/cpu_device.h"
#include "engine/backend/cuda_plugin.h"

namespace engine {

DeviceList listDevices()
{
    DeviceList list;
    list.devices.push_back(backend::cpu::describeCpu());
    if (const auto plugin = backend::findCudaPlugin())
        backend::addCudaDevices(*plugin, list);
    else
        list.absent.push_back({"cuda", "This build has no CUDA plugin. To use NVIDIA GPUs, install the CUDA "
                                       "Toolkit and build again."});
    return list;
}

} // namespace engine
