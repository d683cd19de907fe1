#include "engine/runtime/device_monitor.h"

namespace engine::runtime {

DeviceMonitor::DeviceMonitor(Devices &devices, Changed changed, std::chrono::milliseconds interval)
    : m_devices(devices), m_changed(std::move(changed)), m_interval(interval),
      m_thread([this](const std::stop_token &stop) { loop(stop); })
{
}

void DeviceMonitor::watch(const std::string &device)
{
    const std::lock_guard lock(m_mutex);
    m_device = device == cpuDevice ? std::string() : device;
    m_wake.notify_one();
}

void DeviceMonitor::loop(const std::stop_token &stop)
{
    std::optional<DeviceUsage> told;
    std::unique_lock lock(m_mutex);
    while (m_wake.wait(lock, stop, [this] { return !m_device.empty(); }) && !stop.stop_requested()) {
        const std::string device = m_device;
        lock.unlock();
        const auto usage = m_devices.failureOf(device) ? std::nullopt : m_devices.usage(device);
        if (usage && usage != told)
            m_changed(*usage);
        told = usage;
        lock.lock();
        m_wake.wait_for(lock, stop, m_interval, [&] { return m_device != device; });
    }
}

} // namespace engine::runtime
