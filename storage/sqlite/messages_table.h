#pragma once
// Table message: everything of a message but its text. Storage thread only; every method throws SQLite::Exception.

#include "storage/records.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <optional>
#include <string>
#include <vector>

namespace storage::sqlite {

/// A row of the table: `record.parts` is empty, their number is here.
struct MessageRow {
    MessageRecord record;
    int parts = 0;
};

class MessagesTable {
public:
    explicit MessagesTable(SQLite::Database &database);

    MessageId insert(const MessageRecord &record); ///< of `parts` only the number; `id`, `damaged` are not looked at

    /// Optional fields that cannot be read get their default; `record.damaged` then says so.
    std::optional<MessageRow> find(MessageId id);
    std::optional<ConversationId> conversationOf(MessageId id);

    std::vector<MessageId> idsOf(ConversationId conversation); ///< ascending; survives a damaged index
    std::vector<MessageId> streaming();                        ///< the same

    /// Writes state, thinkingClosed, failure, statistics and the number of parts of a row that find() returned.
    void update(const MessageRow &row);

    std::vector<std::string> damagedRows(); ///< "message 12"

private:
    SQLite::Database &m_database;
    SQLite::Statement m_find;
};

} // namespace storage::sqlite
