#include "storage/sqlite/traces_table.h"

#include "storage/sqlite/checksum.h"
#include "storage/sqlite/query.h"

namespace storage::sqlite {

namespace {

std::uint32_t checksumOf(MessageId run, const TraceChunk &chunk)
{
    return Checksum()
        .add(run)
        .add(std::int64_t{chunk.plane})
        .add(std::int64_t{chunk.sequence})
        .add(chunk.firstToken)
        .add(chunk.tokens)
        .add(chunk.data)
        .value();
}

std::uint32_t checksumOf(const TraceRow &row)
{
    const TraceRun &run = row.run;
    Checksum sum;
    sum.add(run.message).add(row.createdAt).add(run.modelName).add(run.modelFingerprint);
    for (const int number :
         {run.routedExperts, run.expertsPerToken, run.expertGroups, run.groupsPerToken, run.sharedExperts})
        sum.add(std::int64_t{number});
    sum.add(row.chunks);
    for (const int layer : run.moeLayers)
        sum.add(std::int64_t{layer});
    return sum.value();
}

/// Columns plane, seq, first_tok, n_tok, data, crc32; `damaged` is set, never cleared.
TraceChunk readChunk(Query &row, MessageId run, bool &damaged)
{
    TraceChunk chunk;
    chunk.plane = row.smallInteger();
    chunk.sequence = row.smallInteger();
    chunk.firstToken = row.integer();
    chunk.tokens = row.integer();
    chunk.data = row.blob();
    damaged |= row.integer() != std::int64_t{checksumOf(run, chunk)};
    return chunk;
}

} // namespace

void TracesTable::replace(const TraceRun &run, std::int64_t now)
{
    Query(m_database, "DELETE FROM trace_run WHERE message = ?").bind(run.message).run(); // layers and chunks cascade
    TraceRow row;
    row.run = run;
    row.createdAt = now;
    row.chunks = static_cast<std::int64_t>(run.chunks.size());
    Query(m_database,
          "INSERT INTO trace_run (message, created_at, model_name, model_fingerprint, n_experts, k, n_groups, "
          "topk_groups, n_shared, chunks, crc32) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(run.message, now, run.modelName, run.modelFingerprint, run.routedExperts, run.expertsPerToken,
              run.expertGroups, run.groupsPerToken, run.sharedExperts, row.chunks, checksumOf(row))
        .run();
    insertLayers(run);
    insertChunks(run.message, run.chunks);
}

void TracesTable::insertLayers(const TraceRun &run)
{
    SQLite::Statement insert(m_database, "INSERT INTO trace_layer (run, idx, abs_layer) VALUES (?, ?, ?)");
    int index = 0;
    for (const int layer : run.moeLayers)
        Query(insert).bind(run.message, index++, layer).run();
}

bool TracesTable::append(MessageId message, const std::vector<TraceChunk> &chunks)
{
    std::optional<TraceRow> row = findRun(message);
    if (!row)
        return false;
    row->chunks += static_cast<std::int64_t>(chunks.size());
    Query(m_database, "UPDATE trace_run SET chunks = ?, crc32 = ? WHERE message = ?")
        .bind(row->chunks, checksumToStore(checksumOf(*row), row->damaged), message)
        .run();
    insertChunks(message, chunks);
    return true;
}

void TracesTable::insertChunks(MessageId message, const std::vector<TraceChunk> &chunks)
{
    SQLite::Statement insert(m_database, "INSERT INTO trace_chunk (run, plane, seq, first_tok, n_tok, crc32, data) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const TraceChunk &chunk : chunks)
        Query(insert)
            .bind(message, chunk.plane, chunk.sequence, chunk.firstToken, chunk.tokens, checksumOf(message, chunk),
                  chunk.data)
            .run();
}

std::optional<TraceRow> TracesTable::find(MessageId message)
{
    std::optional<TraceRow> trace = findRun(message);
    if (!trace)
        return std::nullopt;
    Query chunk(m_database, "SELECT plane, seq, first_tok, n_tok, data, crc32 FROM trace_chunk WHERE run = ? "
                            "ORDER BY plane, seq");
    chunk.bind(message);
    while (chunk.next())
        trace->run.chunks.push_back(readChunk(chunk, message, trace->damaged));
    trace->damaged |= static_cast<std::int64_t>(trace->run.chunks.size()) != trace->chunks;
    return trace;
}

/// Without chunks.
std::optional<TraceRow> TracesTable::findRun(MessageId message)
{
    Query head(m_database, "SELECT created_at, model_name, model_fingerprint, n_experts, k, n_groups, topk_groups, "
                           "n_shared, chunks, crc32 FROM trace_run WHERE message = ?");
    head.bind(message);
    if (!head.next())
        return std::nullopt;
    TraceRow trace;
    TraceRun &run = trace.run;
    run.message = message;
    trace.createdAt = head.integer();
    run.modelName = head.text();
    run.modelFingerprint = head.text();
    run.routedExperts = head.smallInteger();
    run.expertsPerToken = head.smallInteger();
    run.expertGroups = head.smallInteger();
    run.groupsPerToken = head.smallInteger();
    run.sharedExperts = head.smallInteger();
    run.moeLayers = layersOf(message);
    trace.chunks = head.integer();
    trace.damaged = head.integer() != std::int64_t{checksumOf(trace)};
    return trace;
}

std::vector<int> TracesTable::layersOf(MessageId message)
{
    std::vector<int> layers;
    Query layer(m_database, "SELECT abs_layer FROM trace_layer WHERE run = ? ORDER BY idx");
    layer.bind(message);
    while (layer.next())
        layers.push_back(layer.smallInteger());
    return layers;
}

std::vector<std::string> TracesTable::damagedRows()
{
    std::vector<std::string> rows = damagedRuns();
    Query row(m_database, "SELECT run, plane, seq, first_tok, n_tok, data, crc32 FROM trace_chunk");
    while (row.next()) {
        const MessageId run = row.integer();
        bool damaged = false;
        const TraceChunk chunk = readChunk(row, run, damaged);
        if (damaged)
            rows.push_back("trace chunk " + std::to_string(chunk.sequence) + " of plane " +
                           std::to_string(chunk.plane) + " of message " + std::to_string(run));
    }
    return rows;
}

std::vector<std::string> TracesTable::damagedRuns()
{
    std::vector<std::string> rows;
    Query row(m_database, "SELECT message FROM trace_run");
    while (row.next()) {
        const MessageId message = row.integer();
        const std::optional<TraceRow> trace = findRun(message);
        if (!trace || trace->damaged)
            rows.push_back("trace of message " + std::to_string(message));
    }
    return rows;
}

} // namespace storage::sqlite
