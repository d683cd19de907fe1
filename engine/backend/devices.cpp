#include "engine/devices.h"

#include "engine/backend/backend.h"
#include "engine/backend/cpu/cpu_device.h"
#include "engine/error.h"

#include <algorithm>

namespace engine {

namespace {

[[noreturn]] void failUnknown(const std::string &id, const DeviceList &list)
{
    std::string sentence = "There is no device " + id + ". This machine has ";
    for (std::size_t i = 0; i < list.devices.size(); ++i)
        sentence += (i == 0 ? "" : ", ") + list.devices[i].id;
    sentence += ".";
    for (const DeviceList::Absence &absence : list.absent)
        sentence += " " + absence.problem.sentence;
    throw Error(ErrorCode::RequestInvalid, {}, "device", sentence);
}

} // namespace

DeviceList Devices::list()
{
    DeviceList list = ask();
    const std::lock_guard lock(m_mutex);
    for (const auto &[id, failed] : m_failed) {
        const auto listed = std::find_if(list.devices.begin(), list.devices.end(),
                                         [&id = id](const DeviceInfo &info) { return info.id == id; });
        if (listed == list.devices.end()) // the driver does not answer for it any more
            list.devices.push_back(failed);
        else
            listed->problem = failed.problem;
    }
    return list;
}

DeviceInfo Devices::find(const std::string &id)
{
    if (const auto failed = failureOf(id))
        throw Error(ErrorCode::DeviceFailed, {}, id, *failed);
    if (id == cpuDevice) // the others need not be asked, which takes time and their memory
        return backend::cpu::describeCpu();
    const DeviceList all = list();
    const auto found =
        std::find_if(all.devices.begin(), all.devices.end(), [&](const DeviceInfo &info) { return info.id == id; });
    if (found == all.devices.end())
        failUnknown(id, all);
    if (!found->runsModels())
        throw Error(ErrorCode::RequestInvalid, {}, "device", found->problem.sentence);
    return *found;
}

std::unique_ptr<backend::Backend> Devices::open(const std::string &id, int threads)
{
    const DeviceInfo device = find(id);
    auto backend = make(device, threads);
    const std::lock_guard lock(m_mutex);
    m_opened[id] = device;
    return backend;
}

std::string Devices::markFailed(const std::string &id, const std::string &what)
{
    const std::lock_guard lock(m_mutex);
    const auto opened = m_opened.find(id);
    DeviceInfo device = opened == m_opened.end() ? DeviceInfo{} : opened->second;
    device.id = id;
    const std::string name = device.name.empty() ? id : device.name + " (" + id + ")";
    device.problem = {DeviceProblem::Kind::FailedBefore, {}, {}, name + ": " + what};
    return m_failed.try_emplace(id, device).first->second.problem.sentence;
}

std::optional<std::string> Devices::failureOf(const std::string &id) const
{
    const std::lock_guard lock(m_mutex);
    const auto failed = m_failed.find(id);
    return failed == m_failed.end() ? std::nullopt : std::optional(failed->second.problem.sentence);
}

} // namespace engine
