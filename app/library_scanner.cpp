#include "app/library_scanner.h"

#include "engine/devices.h"

#include <utility>

namespace app {

LibraryScanner::LibraryScanner(engine::ScanOptions options, QObject *parent)
    : QObject(parent), m_options(options), m_thread([this](const std::stop_token &stop) { work(stop); })
{
}

LibraryScanner::~LibraryScanner()
{
    m_thread.request_stop();
    const std::lock_guard lock(m_mutex);
    m_stop.request_stop();
}

void LibraryScanner::scan(std::vector<engine::ModelPlace> places)
{
    m_scanning = true;
    const std::lock_guard lock(m_mutex);
    m_stop.request_stop();
    m_job = Job{++m_number, std::move(places)};
    m_changed.notify_one();
}

void LibraryScanner::askDevices()
{
    if (m_scanning)
        return; // it tells at its end
    const std::lock_guard lock(m_mutex);
    m_job = Job{++m_number, {}, true};
    m_changed.notify_one();
}

void LibraryScanner::work(const std::stop_token &stop)
{
    for (;;) {
        Job job;
        std::stop_token jobStop;
        {
            std::unique_lock lock(m_mutex);
            if (!m_changed.wait(lock, stop, [this] { return m_job.has_value(); }) || stop.stop_requested())
                return;
            job = *std::exchange(m_job, std::nullopt);
            m_stop = {};
            jobStop = m_stop.get_token();
        }
        run(job, jobStop);
    }
}

void LibraryScanner::run(const Job &job, const std::stop_token &stop)
{
    Outcome outcome;
    try {
        outcome.devicesOnly = job.devicesOnly;
        outcome.devices = (m_options.devices ? m_options.devices : engine::machineDevices())->list();
        if (job.devicesOnly)
            return hand(job.number, {}, std::move(outcome));
        outcome.reports = engine::scanModels(job.places, m_options, stop, [&](const engine::ModelEntry &entry) {
            hand(job.number, {entry}, std::nullopt);
        });
    } catch (const std::exception &) {
        // Memory ran out between two models: what is known by now is what there is to show.
    }
    hand(job.number, {}, std::move(outcome));
}

/// Wakes the UI thread only if it has taken everything before.
void LibraryScanner::hand(quint64 number, std::vector<engine::ModelEntry> entries, std::optional<Outcome> outcome)
{
    const std::lock_guard lock(m_mutex);
    const bool waiting = !m_entries.empty() || m_outcome.has_value();
    if (m_handed != number) { // what is left of an earlier scan
        m_entries.clear();
        m_outcome.reset();
    }
    m_handed = number;
    m_entries.insert(m_entries.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    if (outcome)
        m_outcome = std::move(outcome);
    if (!waiting)
        QMetaObject::invokeMethod(this, &LibraryScanner::take, Qt::QueuedConnection);
}

void LibraryScanner::take()
{
    std::vector<engine::ModelEntry> entries;
    std::optional<Outcome> outcome;
    {
        const std::lock_guard lock(m_mutex);
        entries = std::exchange(m_entries, {});
        outcome = std::exchange(m_outcome, std::nullopt);
        if (m_handed != m_number)
            return;
    }
    if (!entries.empty())
        emit found(entries);
    if (!outcome)
        return;
    emit devicesListed(outcome->devices);
    if (outcome->devicesOnly)
        return;
    m_scanning = false;
    emit finished(outcome->reports);
}

} // namespace app
