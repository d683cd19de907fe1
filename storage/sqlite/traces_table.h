#pragma once
// Tables trace_run, trace_layer, trace_chunk: the routing trace of a message. Storage thread only; every method throws
// SQLite::Exception.

#include "storage/records.h"

#include <SQLiteCpp/Database.h>

#include <optional>
#include <string>
#include <vector>

namespace storage::sqlite {

struct TraceRow {
    TraceRun run;
    std::int64_t createdAt = 0;
    std::int64_t chunks = 0; ///< how many it should have
    bool damaged = false;    ///< a checksum does not match, or a row is missing
};

class TracesTable {
public:
    explicit TracesTable(SQLite::Database &database) : m_database(database) {}

    void replace(const TraceRun &run, std::int64_t now);                   ///< a message has one run
    bool append(MessageId message, const std::vector<TraceChunk> &chunks); ///< false: there is no run
    std::optional<TraceRow> find(MessageId message);

    std::vector<std::string> damagedRows(); ///< "trace chunk 3 of plane 0 of message 12"

private:
    void insertLayers(const TraceRun &run);
    void insertChunks(MessageId message, const std::vector<TraceChunk> &chunks);
    std::optional<TraceRow> findRun(MessageId message);
    std::vector<int> layersOf(MessageId message);
    std::vector<std::string> damagedRuns();

    SQLite::Database &m_database;
};

} // namespace storage::sqlite
