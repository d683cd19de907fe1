#include "storage/sqlite/chunks_table.h"

#include "storage/sqlite/checksum.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/query.h"

#include <SQLiteCpp/Exception.h>

namespace storage::sqlite {

namespace {

std::uint32_t checksumOf(std::int64_t part, const std::string &text)
{
    return Checksum().add(part).add(text).value();
}

} // namespace

ChunksTable::ChunksTable(SQLite::Database &database)
    : m_database(database), m_ofPart(database, "SELECT text, crc32 FROM chunk WHERE part = ? ORDER BY id")
{
}

void ChunksTable::append(std::int64_t part, const std::string &text)
{
    Query(m_database, "INSERT INTO chunk (part, text, crc32) VALUES (?, ?, ?)")
        .bind(part, text, checksumOf(part, text))
        .run();
}

StreamedText ChunksTable::ofPart(std::int64_t part)
{
    StreamedText streamed;
    Query row(m_ofPart);
    row.bind(part);
    try {
        for (; row.next(); ++streamed.chunks) {
            const std::string text = row.text();
            streamed.damaged |= row.integer() != std::int64_t{checksumOf(part, text)};
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
    Query row(m_database, "SELECT id, part, text, crc32 FROM chunk");
    while (row.next()) {
        const std::int64_t id = row.integer();
        const std::int64_t part = row.integer();
        const std::string text = row.text();
        if (row.integer() != std::int64_t{checksumOf(part, text)})
            rows.push_back("streamed text " + std::to_string(id));
    }
    return rows;
}

} // namespace storage::sqlite
