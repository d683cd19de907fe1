#include "storage/sqlite/conversations_table.h"

#include "storage/sqlite/query.h"

namespace storage::sqlite {

namespace {

ConversationSummary readRow(Query &row)
{
    ConversationSummary summary;
    summary.id = row.integer();
    summary.title = row.text();
    summary.pinned = row.boolean();
    summary.createdAt = row.integer();
    summary.updatedAt = row.integer();
    summary.currentLeaf = row.integer();
    return summary;
}

} // namespace

ConversationsTable::ConversationsTable(SQLite::Database &database)
    : m_database(database), m_activity(database.execAndGet("SELECT max(activity) FROM conversation").getInt64())
{
}

ConversationSummary ConversationsTable::insert(const std::string &title, std::int64_t now)
{
    Query(m_database, "INSERT INTO conversation (title, pinned, created_at, updated_at, activity, current_leaf) "
                      "VALUES (?, 0, ?, ?, ?, 0)")
        .bind(title, now, now, nextActivity())
        .run();
    ConversationSummary summary;
    summary.id = m_database.getLastInsertRowid();
    summary.title = title;
    summary.createdAt = now;
    summary.updatedAt = now;
    return summary;
}

std::optional<ConversationSummary> ConversationsTable::find(ConversationId id)
{
    Query row(m_database,
              "SELECT id, title, pinned, created_at, updated_at, current_leaf FROM conversation WHERE id = ?");
    row.bind(id);
    return row.next() ? std::optional(readRow(row)) : std::nullopt;
}

std::vector<ConversationSummary> ConversationsTable::list()
{
    std::vector<ConversationSummary> summaries;
    Query row(m_database, "SELECT id, title, pinned, created_at, updated_at, current_leaf FROM conversation "
                          "WHERE deleted_at IS NULL ORDER BY pinned DESC, activity DESC");
    while (row.next())
        summaries.push_back(readRow(row));
    return summaries;
}

bool ConversationsTable::rename(ConversationId id, const std::string &title)
{
    return Query(m_database, "UPDATE conversation SET title = ? WHERE id = ?").bind(title, id).run() > 0;
}

bool ConversationsTable::setPinned(ConversationId id, bool pinned)
{
    return Query(m_database, "UPDATE conversation SET pinned = ? WHERE id = ?").bind(pinned, id).run() > 0;
}

bool ConversationsTable::setCurrentLeaf(ConversationId id, MessageId leaf)
{
    return Query(m_database, "UPDATE conversation SET current_leaf = ? WHERE id = ?").bind(leaf, id).run() > 0;
}

bool ConversationsTable::setDeletedAt(ConversationId id, std::optional<std::int64_t> time)
{
    return Query(m_database, "UPDATE conversation SET deleted_at = ? WHERE id = ?").bind(time, id).run() > 0;
}

bool ConversationsTable::touch(ConversationId id, std::int64_t now)
{
    return Query(m_database, "UPDATE conversation SET updated_at = ?, activity = ? WHERE id = ?")
               .bind(now, nextActivity(), id)
               .run() > 0;
}

int ConversationsTable::erase(std::int64_t deletedBefore)
{
    return Query(m_database, "DELETE FROM conversation WHERE deleted_at < ?").bind(deletedBefore).run();
}

} // namespace storage::sqlite
