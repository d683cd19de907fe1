#pragma once
// Looks for models on a thread of its own: a slow disk or a network folder never holds up the window. What it finds
// comes in batches, as many as the UI thread can take. UI thread, but for the part that is marked.

#include "engine/model_library.h"

#include <QObject>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace app {

class LibraryScanner : public QObject {
    Q_OBJECT

public:
    explicit LibraryScanner(engine::ScanOptions options = {}, QObject *parent = nullptr);
    ~LibraryScanner() override; ///< ends within the model that is being looked at

    /// A scan that runs is given up, without a word of it any more.
    void scan(std::vector<engine::ModelPlace> places);
    /// Asks for the devices alone, which may take a second.
    void askDevices();
    bool scanning() const { return m_scanning; }

signals:
    void found(const std::vector<engine::ModelEntry> &entries);
    void finished(const std::vector<engine::PlaceReport> &reports);
    void devicesListed(const engine::DeviceList &devices); ///< before finished()

private:
    struct Job {
        quint64 number = 0;
        std::vector<engine::ModelPlace> places;
        bool devicesOnly = false;
    };
    struct Outcome {
        std::vector<engine::PlaceReport> reports;
        engine::DeviceList devices;
        bool devicesOnly = false;
    };

    // The scanning thread.
    void work(const std::stop_token &stop);
    void run(const Job &job, const std::stop_token &stop);
    void hand(quint64 number, std::vector<engine::ModelEntry> entries, std::optional<Outcome> outcome);

    void take();

    engine::ScanOptions m_options;
    bool m_scanning = false;
    quint64 m_number = 0; ///< of the newest scan

    std::mutex m_mutex; ///< guards the six below
    std::condition_variable_any m_changed;
    std::optional<Job> m_job;
    std::stop_source m_stop;                   ///< of the scan that runs
    std::vector<engine::ModelEntry> m_entries; ///< found and not taken yet
    std::optional<Outcome> m_outcome;
    quint64 m_handed = 0; ///< the scan that these are of

    std::jthread m_thread; ///< last: joined before what it uses is gone
};

} // namespace app
