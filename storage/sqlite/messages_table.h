#pragma once
// Table message: everything of a message but its text. Storage thread only; every method throws SQLite::Exception.

#include "storage/records.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <optional>
#include <string>
#include <vector>

namespace storage::sqlite {

class MessagesTable {
public:
    explicit MessagesTable(SQLite::Database &database);

    MessageId insert(const MessageRecord &record); ///< `parts`, `id`, `damaged` are not looked at

    /// Without parts. Optional fields that cannot be read get their default; `damaged` then says so.
    std::optional<MessageRecord> find(MessageId id);
    std::optional<ConversationId> conversationOf(MessageId id);

    std::vector<MessageId> idsOf(ConversationId conversation); ///< ascending
    std::vector<MessageId> streaming();

    /// Writes state, thinkingClosed, failure and statistics; `record` is a row that find() returned.
    void update(const MessageRecord &record);

    std::vector<std::string> damagedRows(); ///< "message 12"

private:
    SQLite::Database &m_database;
    SQLite::Statement m_find;
};

} // namespace storage::sqlite
