#pragma once
// A disk under SQLite that fails when told to and remembers what was written and synced: a layer over SQLite's own file
// layer, made the default one. One per process; install() before the first store is opened.

#include <QByteArray>
#include <QString>

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace storage::testing {

/// One change of a file, as SQLite asked for it.
struct DiskOperation {
    enum class Kind { Write, Truncate, Sync, Remove };
    Kind kind = Kind::Write;
    QString file;
    qint64 offset = 0; ///< of a write; the new size of a truncation
    QByteArray bytes;
};

class SimulatedDisk {
public:
    static SimulatedDisk &install();

    /// The `number`-th change from now on (1 = the next one) fails with this SQLite code; with `sticky` all later ones
    /// too.
    void failAt(int number, int code, bool sticky);
    void heal();
    bool hasFailed() const; ///< since failAt()

    void startRecording();
    std::vector<DiskOperation> takeRecording();
    std::size_t recorded() const;

    /// For the file layer: the code to fail with, or 0. Counts and records.
    int change(DiskOperation operation);

private:
    SimulatedDisk() = default;

    mutable std::mutex m_mutex;
    int m_left = 0; ///< changes until the failing one; 0 = none planned
    int m_code = 0;
    bool m_sticky = false;
    bool m_failed = false;
    bool m_recording = false;
    std::vector<DiskOperation> m_operations;
};

} // namespace storage::testing
