#pragma once
// The one connection to the history: exclusive lock, write-ahead log, full synchronisation. Storage thread only.

#include <SQLiteCpp/Database.h>

#include <functional>
#include <memory>
#include <string>

namespace storage::sqlite {

class Connection {
public:
    /// Takes the exclusive lock. Refuses, with the file's bytes unchanged, what is not ours, is newer than
    /// `latestVersion`, or is empty or missing although backups of it exist. Throws Error.
    Connection(const std::string &file, int latestVersion);

    SQLite::Database &database() { return *m_database; }
    const std::string &file() const { return m_file; }
    int userVersion(); ///< 0 = no schema yet

    /// Moves the -wal into the database and cuts it to nothing, so that deleted text is in neither. Throws
    /// SQLite::Exception.
    void checkpoint();

    /// False: SQLite has already rolled the transaction back by itself.
    bool inTransaction();

private:
    void open();
    void configure();
    void refuseForeignContent(int latestVersion);

    std::string m_file;
    std::unique_ptr<SQLite::Database> m_database;
};

} // namespace storage::sqlite
