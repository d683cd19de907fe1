#include "storage/sqlite/chunks_table.h"

#include "storage/sqlite/checksum.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/query.h"

#include <SQLiteCpp/Exception.h>

namespace storage::sqlite {

namespace {

std::uint32_t checksumOf(std::int64_t part, std::int64_t position, const std::string &text)
{
    return Checksum().add(part).add(position).add(text).value();
}

} // namespace

ChunksTable::ChunksTable(SQLite::Database &database)
    : m_database(database),
      m_ofPart(database, "SELECT position, text, crc32 FROM chunk WHERE part = ? ORDER BY position")
{
}

void ChunksTable::append(std::int64_t part, const std::string &text)
{
    Query last(m_database, "SELECT position FROM chunk WHERE part = ? ORDER BY position DESC LIMIT 1");
    const std::int64_t position = last.bind(part).next() ? last.integer() + 1 : 0;
    Query(m_database, "INSERT INTO chunk (part, position, text, crc32) VALUES (?, ?, ?, ?)")
        .bind(part, position, text, checksumOf(part, position, text))
        .run();
}

StreamedText ChunksTable::ofPart(std::int64_t part)
{
    StreamedText streamed;
    Query row(m_ofPart);
    row.bind(part);
    try {
        for (; row.next(); ++streamed.chunks) {
            const std::int64_t position = row.integer();
            const std::string text = row.text();
            streamed.damaged |= position != streamed.chunks;
            streamed.damaged |= row.integer() != std::int64_t{checksumOf(part, position, text)};
            streamed.text += text;
        }
    } catch (const SQLite::Exception &exception) {
        if (!meansCorruption(exception))
            throw;
        streamed.unreadable = true;
    }
    return streamed;
}

void ChunksTable::remove(std::int64_t part)
{
    Query(m_database, "DELETE FROM chunk WHERE part = ?").bind(part).run();
}

std::vector<std::string> ChunksTable::damagedRows()
{
    std::vector<std::string> rows;
    Query row(m_database, "SELECT part, position, text, crc32 FROM chunk");
    while (row.next()) {
        const std::int64_t part = row.integer();
        const std::int64_t position = row.integer();
        const std::string text = row.text();
        if (row.integer() != std::int64_t{checksumOf(part, position, text)})
            rows.push_back("streamed text " + std::to_string(position) + " of part " + std::to_string(part));
    }
    return rows;
}

} // namespace storage::sqlite
