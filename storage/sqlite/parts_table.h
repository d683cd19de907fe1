#pragma once
// Table part: the typed pieces of a message's text. Storage thread only; every method throws SQLite::Exception.

#include "storage/records.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <optional>
#include <string>
#include <vector>

namespace storage::sqlite {

struct PartRow {
    std::int64_t id = 0;
    MessageId message = 0;
    int position = 0; ///< 0, 1, 2 … within the message
    MessagePart part;
    bool damaged = false;
};

/// Which part streamed text goes to; without its text, which may be long.
struct PartKey {
    std::int64_t id = 0;
    int position = 0;
    PartKind kind = PartKind::Answer;
};

class PartsTable {
public:
    explicit PartsTable(SQLite::Database &database);

    void insert(MessageId message, int position, const MessagePart &part);
    std::optional<PartKey> last(MessageId message);

    /// In order. A part that SQLite cannot read ends the list and sets `unreadable`.
    std::vector<PartRow> ofMessage(MessageId message, bool &unreadable);

    void setText(const PartRow &row); ///< keeps a damage mark

    std::vector<std::string> damagedRows(); ///< "part 2 of message 12"

private:
    SQLite::Database &m_database;
    SQLite::Statement m_ofMessage;
};

} // namespace storage::sqlite
