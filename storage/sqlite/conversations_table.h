#pragma once
// Table conversation. Storage thread only; every method throws SQLite::Exception.

#include "storage/records.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace storage::sqlite {

struct ConversationRow {
    ConversationSummary summary;
    std::int64_t activity = 0;             ///< the greater, the newer
    std::optional<std::int64_t> deletedAt; ///< in the trash since
};

class ConversationsTable {
public:
    explicit ConversationsTable(SQLite::Database &database);

    ConversationSummary insert(const std::string &title, std::int64_t now);
    std::optional<ConversationSummary> find(ConversationId id); ///< also in the trash
    std::vector<ConversationSummary> list();                    ///< pinned first, then newest; without the trash

    // False: there is no such conversation.
    bool rename(ConversationId id, const std::string &title);
    bool setPinned(ConversationId id, bool pinned);
    bool setCurrentLeaf(ConversationId id, MessageId leaf);
    bool setDeletedAt(ConversationId id, std::optional<std::int64_t> time); ///< nothing = back from the trash
    bool touch(ConversationId id, std::int64_t now);                        ///< updated, and first in the list

    /// With messages and traces, but no damaged row; the number of conversations.
    int erase(std::int64_t deletedBefore);

    std::vector<std::string> damagedRows(); ///< "conversation 12"

private:
    std::optional<ConversationRow> findRow(ConversationId id);
    std::vector<ConversationId> intactAndDeleted(std::int64_t before);
    bool change(ConversationId id, const std::function<void(ConversationRow &)> &edit);
    std::int64_t nextActivity() { return ++m_activity; }

    SQLite::Database &m_database;
    SQLite::Statement m_find;
    std::int64_t m_activity; ///< the greatest in use; this is the only connection, so nobody else counts
};

} // namespace storage::sqlite
