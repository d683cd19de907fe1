#pragma once
// The one connection to the history: exclusive lock, write-ahead log, full synchronisation. Storage thread only.

#include "storage/conversation_store.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <functional>
#include <memory>
#include <string>

namespace storage::sqlite {

class Connection {
public:
    struct NewFile {};

    /// Takes the exclusive lock. Refuses, with the file's bytes unchanged, what is not ours or is newer than
    /// `latestVersion`. Throws Error.
    Connection(const std::string &file, int latestVersion);

    /// Makes an empty database without any table. Throws Error.
    Connection(NewFile, const std::string &file);

    SQLite::Database &database() { return *m_database; }
    const std::string &file() const { return m_file; }
    int userVersion(); ///< 0 = no table yet

    /// Moves the -wal into the database and cuts it to nothing, so that deleted text is in neither. Throws
    /// SQLite::Exception.
    void checkpoint();

    /// False: SQLite has already rolled the transaction back by itself.
    bool inTransaction();

private:
    void open();
    void configure();
    void refuseNewer(int version, int latestVersion);
    Error foreign();
    Error described(const SQLite::Exception &exception);

    std::string m_file;
    std::unique_ptr<SQLite::Database> m_database;
};

} // namespace storage::sqlite
