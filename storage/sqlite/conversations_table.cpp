#include "storage/sqlite/conversations_table.h"

#include "storage/sqlite/checksum.h"
#include "storage/sqlite/query.h"

namespace storage::sqlite {

namespace {

std::uint32_t checksumOf(const ConversationRow &row)
{
    const ConversationSummary &summary = row.summary;
    Checksum sum;
    sum.add(summary.title).add(std::int64_t{summary.pinned}).add(summary.createdAt).add(summary.updatedAt);
    sum.add(row.activity).add(summary.currentLeaf);
    return sum.add(std::int64_t{row.deletedAt.has_value()}).add(row.deletedAt.value_or(0)).value();
}

constexpr const char *selectColumns =
    "SELECT id, title, pinned, created_at, updated_at, activity, current_leaf, deleted_at, crc32 FROM conversation";

ConversationRow readRow(Query &row)
{
    ConversationRow result;
    ConversationSummary &summary = result.summary;
    summary.id = row.integer();
    summary.title = row.text();
    summary.pinned = row.boolean();
    summary.createdAt = row.integer();
    summary.updatedAt = row.integer();
    result.activity = row.integer();
    summary.currentLeaf = row.integer();
    result.deletedAt = row.optionalInteger();
    summary.damaged = row.integer() != std::int64_t{checksumOf(result)};
    return result;
}

} // namespace

ConversationsTable::ConversationsTable(SQLite::Database &database)
    : m_database(database), m_find(database, std::string(selectColumns) + " WHERE id = ?"),
      m_activity(database.execAndGet("SELECT max(activity) FROM conversation").getInt64())
{
}

ConversationSummary ConversationsTable::insert(const std::string &title, std::int64_t now)
{
    ConversationRow row;
    row.summary.title = title;
    row.summary.createdAt = now;
    row.summary.updatedAt = now;
    row.activity = nextActivity();
    Query(m_database, "INSERT INTO conversation (title, pinned, created_at, updated_at, activity, current_leaf, crc32) "
                      "VALUES (?, 0, ?, ?, ?, 0, ?)")
        .bind(title, now, now, row.activity, checksumOf(row))
        .run();
    row.summary.id = m_database.getLastInsertRowid();
    return row.summary;
}

std::optional<ConversationSummary> ConversationsTable::find(ConversationId id)
{
    const std::optional<ConversationRow> row = findRow(id);
    return row ? std::optional(row->summary) : std::nullopt;
}

std::vector<ConversationSummary> ConversationsTable::list()
{
    std::vector<ConversationSummary> summaries;
    const std::string sql =
        std::string(selectColumns) + " WHERE deleted_at IS NULL ORDER BY pinned DESC, activity DESC";
    Query row(m_database, sql.c_str());
    while (row.next())
        summaries.push_back(readRow(row).summary);
    return summaries;
}

bool ConversationsTable::rename(ConversationId id, const std::string &title)
{
    return change(id, [&](ConversationRow &row) { row.summary.title = title; });
}

bool ConversationsTable::setPinned(ConversationId id, bool pinned)
{
    return change(id, [&](ConversationRow &row) { row.summary.pinned = pinned; });
}

bool ConversationsTable::setCurrentLeaf(ConversationId id, MessageId leaf)
{
    return change(id, [&](ConversationRow &row) { row.summary.currentLeaf = leaf; });
}

bool ConversationsTable::setDeletedAt(ConversationId id, std::optional<std::int64_t> time)
{
    return change(id, [&](ConversationRow &row) { row.deletedAt = time; });
}

bool ConversationsTable::touch(ConversationId id, std::int64_t now)
{
    return change(id, [&](ConversationRow &row) {
        row.summary.updatedAt = now;
        row.activity = nextActivity();
    });
}

int ConversationsTable::erase(std::int64_t deletedBefore)
{
    int erased = 0;
    for (const ConversationId id : intactAndDeleted(deletedBefore))
        erased += Query(m_database, "DELETE FROM conversation WHERE id = ?").bind(id).run();
    return erased;
}

/// A damaged row may say by mistake that it was deleted.
std::vector<ConversationId> ConversationsTable::intactAndDeleted(std::int64_t before)
{
    std::vector<ConversationId> ids;
    const std::string sql = std::string(selectColumns) + " WHERE deleted_at < ?";
    Query row(m_database, sql.c_str());
    row.bind(before);
    while (row.next()) {
        const ConversationSummary summary = readRow(row).summary;
        if (!summary.damaged)
            ids.push_back(summary.id);
    }
    return ids;
}

std::vector<std::string> ConversationsTable::damagedRows()
{
    std::vector<std::string> rows;
    Query row(m_database, selectColumns);
    while (row.next()) {
        const ConversationSummary summary = readRow(row).summary;
        if (summary.damaged)
            rows.push_back("conversation " + std::to_string(summary.id));
    }
    return rows;
}

std::optional<ConversationRow> ConversationsTable::findRow(ConversationId id)
{
    Query row(m_find);
    row.bind(id);
    return row.next() ? std::optional(readRow(row)) : std::nullopt;
}

/// The checksum is over the whole row, so the whole row is read and written.
bool ConversationsTable::change(ConversationId id, const std::function<void(ConversationRow &)> &edit)
{
    std::optional<ConversationRow> row = findRow(id);
    if (!row)
        return false;
    edit(*row);
    const ConversationSummary &summary = row->summary;
    Query(m_database, "UPDATE conversation SET title = ?, pinned = ?, created_at = ?, updated_at = ?, activity = ?, "
                      "current_leaf = ?, deleted_at = ?, crc32 = ? WHERE id = ?")
        .bind(summary.title, summary.pinned, summary.createdAt, summary.updatedAt, row->activity, summary.currentLeaf,
              row->deletedAt, checksumToStore(checksumOf(*row), summary.damaged), id)
        .run();
    return true;
}

} // namespace storage::sqlite
