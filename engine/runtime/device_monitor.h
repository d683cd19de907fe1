#pragma once
// Asks once a second what the device of the model is doing, beside the worker, which is busy with a step or waits for
// work.

#include "engine/devices.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace engine::runtime {

class DeviceMonitor {
public:
    using Changed = std::function<void(const DeviceUsage &)>;

    /// `changed` is called on the monitor's thread, when there is something new to say. `devices` must outlive this.
    DeviceMonitor(Devices &devices, Changed changed, std::chrono::milliseconds interval = std::chrono::seconds(1));

    /// Of the CPU nothing is asked, and nothing then runs. Any thread.
    void watch(const std::string &device);

private:
    void loop(const std::stop_token &stop);

    Devices &m_devices;
    Changed m_changed;
    std::chrono::milliseconds m_interval;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::string m_device;  ///< guarded by m_mutex; empty: none
    std::jthread m_thread; ///< last: joined before what it uses is gone
};

} // namespace engine::runtime
