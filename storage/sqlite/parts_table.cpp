#include "storage/sqlite/parts_table.h"

#include "storage/sqlite/checksum.h"
#include "storage/sqlite/failures.h"
#include "storage/sqlite/query.h"

#include <SQLiteCpp/Exception.h>

namespace storage::sqlite {

namespace {

std::string nameOf(PartKind kind)
{
    return kind == PartKind::Thinking ? "thinking" : "answer";
}

PartKind kindOf(const std::string &name)
{
    return name == "thinking" ? PartKind::Thinking : PartKind::Answer;
}

std::uint32_t checksumOf(MessageId message, int position, const std::string &kind, const std::string &text)
{
    return Checksum().add(message).add(std::int64_t{position}).add(kind).add(text).value();
}

PartRow readRow(Query &row)
{
    PartRow result;
    result.id = row.integer();
    result.message = row.integer();
    result.position = row.smallInteger();
    const std::string kind = row.text();
    result.part.kind = kindOf(kind);
    result.part.text = row.text();
    const std::uint32_t expected = checksumOf(result.message, result.position, kind, result.part.text);
    result.damaged = row.integer() != std::int64_t{expected};
    return result;
}

} // namespace

PartsTable::PartsTable(SQLite::Database &database)
    : m_database(database), m_ofMessage(database, "SELECT id, message, position, kind, text, crc32 FROM part "
                                                  "WHERE message = ? ORDER BY position")
{
}

void PartsTable::insert(MessageId message, int position, const MessagePart &part)
{
    const std::string kind = nameOf(part.kind);
    Query(m_database, "INSERT INTO part (message, position, kind, text, crc32) VALUES (?, ?, ?, ?, ?)")
        .bind(message, position, kind, part.text, checksumOf(message, position, kind, part.text))
        .run();
}

std::optional<PartKey> PartsTable::last(MessageId message)
{
    Query row(m_database, "SELECT id, position, kind FROM part WHERE message = ? ORDER BY position DESC LIMIT 1");
    row.bind(message);
    if (!row.next())
        return std::nullopt;
    PartKey key;
    key.id = row.integer();
    key.position = row.smallInteger();
    key.kind = kindOf(row.text());
    return key;
}

std::vector<PartRow> PartsTable::ofMessage(MessageId message, bool &unreadable)
{
    std::vector<PartRow> rows;
    Query row(m_ofMessage);
    row.bind(message);
    try {
        while (row.next())
            rows.push_back(readRow(row));
    } catch (const SQLite::Exception &exception) {
        if (!meansCorruption(exception))
            throw;
        unreadable = true;
    }
    return rows;
}

void PartsTable::setText(const PartRow &row)
{
    const std::uint32_t computed = checksumOf(row.message, row.position, nameOf(row.part.kind), row.part.text);
    Query(m_database, "UPDATE part SET text = ?, crc32 = ? WHERE id = ?")
        .bind(row.part.text, checksumToStore(computed, row.damaged), row.id)
        .run();
}

std::vector<std::string> PartsTable::damagedRows()
{
    std::vector<std::string> rows;
    Query row(m_database, "SELECT id, message, position, kind, text, crc32 FROM part");
    while (row.next()) {
        const PartRow part = readRow(row);
        if (part.damaged)
            rows.push_back("part " + std::to_string(part.position + 1) + " of message " + std::to_string(part.message));
    }
    return rows;
}

} // namespace storage::sqlite
