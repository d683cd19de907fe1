#pragma once
// Table conversation. Storage thread only; every method throws SQLite::Exception.

#include "storage/records.h"

#include <SQLiteCpp/Database.h>

#include <optional>
#include <vector>

namespace storage::sqlite {

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

    int erase(std::int64_t deletedBefore); ///< with messages and traces; the number of conversations

private:
    std::int64_t nextActivity() { return ++m_activity; }

    SQLite::Database &m_database;
    std::int64_t m_activity; ///< the greatest in use; this is the only connection, so nobody else counts
};

} // namespace storage::sqlite
