#pragma once
// Table chunk: streamed text that is not folded into its part yet. Appending costs the new text only, never the text so
// far. Storage thread only; every method throws SQLite::Exception.

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <string>
#include <vector>

namespace storage::sqlite {

struct StreamedText {
    std::string text;
    std::int64_t chunks = 0;
    bool damaged = false;    ///< a checksum does not match, or a chunk is missing
    bool unreadable = false; ///< SQLite cannot read the rest
};

class ChunksTable {
public:
    explicit ChunksTable(SQLite::Database &database);

    void append(std::int64_t part, const std::string &text);
    StreamedText ofPart(std::int64_t part);
    void remove(std::int64_t part); ///< all of that part

    std::vector<std::string> damagedRows(); ///< "streamed text 7 of part 12"

private:
    SQLite::Database &m_database;
    SQLite::Statement m_ofPart;
};

} // namespace storage::sqlite
