#include "engine/backend/backend.h"
#include "engine/backend/cpu/cpu_device.h"
#include "engine/backend/cuda_plugin.h"
#include "engine/devices.h"

namespace engine {

namespace {

class MachineDevices final : public Devices {
public:
    std::optional<DeviceUsage> usage(const std::string &id) override
    {
        return id == cpuDevice || !m_plugin ? std::nullopt : backend::cudaUsage(*m_plugin, id);
    }

    std::optional<std::uint64_t> workspaceBytes(const DeviceInfo &device, const backend::WorkspaceShape &shape,
                                                int threads) override
    {
        if (device.id != cpuDevice)
            return m_plugin ? backend::cudaWorkspaceBytes(*m_plugin, shape, device.units) : std::nullopt;
        // The real thing is made and let go: memory that nobody writes to takes no room, and no size is told twice.
        const auto backend = backend::makeCpuBackend(threads);
        backend->reserve(shape);
        return backend->reservedBytes();
    }

protected:
    DeviceList ask() override
    {
        DeviceList list;
        list.devices.push_back(backend::cpu::describeCpu());
        if (m_plugin)
            backend::addCudaDevices(*m_plugin, list);
        else
            list.absent.push_back({"cuda",
                                   {DeviceProblem::Kind::NotBuilt,
                                    {},
                                    {},
                                    "This build has no CUDA plugin. To use NVIDIA GPUs, install the CUDA Toolkit and "
                                    "build again."}});
        return list;
    }

    std::unique_ptr<backend::Backend> make(const DeviceInfo &device, int threads) override
    {
        return device.id == cpuDevice ? backend::makeCpuBackend(threads)
                                      : backend::makeCudaBackend(m_plugin.value_or(std::string()), device.id);
    }

private:
    const std::optional<std::string> m_plugin = backend::findCudaPlugin();
};

} // namespace

std::shared_ptr<Devices> machineDevices()
{
    static const auto devices = std::make_shared<MachineDevices>();
    return devices;
}

DeviceList listDevices()
{
    return machineDevices()->list();
}

} // namespace engine
