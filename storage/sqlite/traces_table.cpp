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
    Query(m_database,
          "INSERT INTO trace_run (message, created_at, model_name, model_fingerprint, n_experts, k, n_groups, "
          "topk_groups, n_shared) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(run.message, now, run.modelName, run.modelFingerprint, run.routedExperts, run.expertsPerToken,
              run.expertGroups, run.groupsPerToken, run.sharedExperts)
        .run();
    insertLayers(run);
    insertChunks(run);
}

void TracesTable::insertLayers(const TraceRun &run)
{
    SQLite::Statement insert(m_database, "INSERT INTO trace_layer (run, idx, abs_layer) VALUES (?, ?, ?)");
    int index = 0;
    for (const int layer : run.moeLayers)
        Query(insert).bind(run.message, index++, layer).run();
}

void TracesTable::insertChunks(const TraceRun &run)
{
    SQLite::Statement insert(m_database, "INSERT INTO trace_chunk (run, plane, seq, first_tok, n_tok, crc32, data) "
                                         "VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const TraceChunk &chunk : run.chunks)
        Query(insert)
            .bind(run.message, chunk.plane, chunk.sequence, chunk.firstToken, chunk.tokens,
                  checksumOf(run.message, chunk), chunk.data)
            .run();
}

std::optional<TraceRow> TracesTable::find(MessageId message)
{
    Query head(m_database, "SELECT model_name, model_fingerprint, n_experts, k, n_groups, topk_groups, n_shared "
                           "FROM trace_run WHERE message = ?");
    head.bind(message);
    if (!head.next())
        return std::nullopt;
    TraceRow trace;
    trace.run.message = message;
    trace.run.modelName = head.text();
    trace.run.modelFingerprint = head.text();
    trace.run.routedExperts = head.smallInteger();
    trace.run.expertsPerToken = head.smallInteger();
    trace.run.expertGroups = head.smallInteger();
    trace.run.groupsPerToken = head.smallInteger();
    trace.run.sharedExperts = head.smallInteger();

    Query layer(m_database, "SELECT abs_layer FROM trace_layer WHERE run = ? ORDER BY idx");
    layer.bind(message);
    while (layer.next())
        trace.run.moeLayers.push_back(layer.smallInteger());

    Query chunk(m_database, "SELECT plane, seq, first_tok, n_tok, data, crc32 FROM trace_chunk WHERE run = ? "
                            "ORDER BY plane, seq");
    chunk.bind(message);
    while (chunk.next())
        trace.run.chunks.push_back(readChunk(chunk, message, trace.damaged));
    return trace;
}

std::vector<std::string> TracesTable::damagedRows()
{
    std::vector<std::string> rows;
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

} // namespace storage::sqlite
