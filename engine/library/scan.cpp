#include "engine/device_info.h"
#include "engine/library/candidate.h"
#include "engine/model_library.h"

#include <algorithm>
#include <map>

namespace engine {

namespace {

using library::Candidate;
using library::FileIdentity;
using library::FolderItem;

class Scan {
public:
    Scan(const ScanOptions &options, std::stop_token stop, const std::function<void(const ModelEntry &)> &onEntry)
        : m_onEntry(onEntry)
    {
        m_with.devices = options.devices ? options.devices : machineDevices();
        const DeviceList list = m_with.devices->list();
        m_with.availableBytes = list.devices.front().memoryFree;
        const auto gpu = std::find_if(list.devices.begin() + 1, list.devices.end(),
                                      [](const DeviceInfo &device) { return device.runsModels(); });
        if (gpu != list.devices.end())
            m_with.gpu = *gpu;
        m_with.threads = options.threads;
        m_with.stop = std::move(stop);
    }

    PlaceReport search(const ModelPlace &place)
    {
        PlaceReport report;
        report.place = place;
        const library::Search search{m_with.stop, [&](Candidate candidate) {
                                         if (!m_with.stop.stop_requested())
                                             take(std::move(candidate), report);
                                     }};
        try {
            report.cutShort = !library::searchTree(place.path, search);
            report.exists = true;
        } catch (const Error &error) {
            report.exists = error.code() != ErrorCode::FileMissing;
            if (report.exists)
                report.failure = Failure{error.code(), error.file(), error.field(), error.what()};
        }
        return report;
    }

private:
    void take(Candidate candidate, PlaceReport &report)
    {
        const auto known = m_known.find(candidate.identity);
        const bool isNew = candidate.identity.empty() || known == m_known.end();
        if (!isNew && hasPlace(known->second, report.place))
            return; // another way to the same files
        ++report.models;
        if (isNew) {
            ModelEntry entry = library::describe(candidate, m_with);
            if (m_with.stop.stop_requested())
                return; // what was cut off is no failure
            entry.places = {report.place};
            m_onEntry(entry);
            if (!candidate.identity.empty())
                m_known.emplace(std::move(candidate.identity), std::move(entry));
            return;
        }
        known->second.places.push_back(report.place);
        m_onEntry(known->second);
    }

    static bool hasPlace(const ModelEntry &entry, const ModelPlace &place)
    {
        return std::find(entry.places.begin(), entry.places.end(), place) != entry.places.end();
    }

    const std::function<void(const ModelEntry &)> &m_onEntry;
    library::Description m_with;
    std::map<std::vector<FileIdentity>, ModelEntry> m_known;
};

} // namespace

std::vector<PlaceReport> scanModels(const std::vector<ModelPlace> &places, const ScanOptions &options,
                                    std::stop_token stop, const std::function<void(const ModelEntry &)> &onEntry)
{
    Scan scan(options, stop, onEntry);
    std::vector<PlaceReport> reports;
    for (const ModelPlace &place : places) {
        if (stop.stop_requested())
            break;
        reports.push_back(scan.search(place));
    }
    return reports;
}

} // namespace engine
