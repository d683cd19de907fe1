#include "storage/sqlite/migration.h"

#include "storage/sqlite/backup.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>

#include <array>

namespace storage::sqlite {

namespace {

using Counts = std::array<std::int64_t, 3>;

Counts countRows(SQLite::Database &database)
{
    return {database.execAndGet("SELECT count(*) FROM conversation").getInt64(),
            database.execAndGet("SELECT count(*) FROM message").getInt64(),
            database.execAndGet("SELECT count(*) FROM part").getInt64()};
}

void apply(Connection &connection, const Migration &migration)
{
    SQLite::Database &database = connection.database();
    const bool existing = migration.version > 1;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::EXCLUSIVE);
    const Counts before = existing ? countRows(database) : Counts{};
    database.exec(migration.sql);
    database.exec("PRAGMA application_id = " + std::to_string(applicationId));
    database.exec("PRAGMA user_version = " + std::to_string(migration.version));
    const bool broken = SQLite::Statement(database, "PRAGMA foreign_key_check").executeStep();
    if (broken || (existing && countRows(database) != before))
        throw makeError(ErrorCode::Internal, connection.file(),
                        "The history " + connection.file() + " could not be brought to format " +
                            std::to_string(migration.version) + " without loss; it stays in the old format.");
    transaction.commit();
}

} // namespace

void migrate(Connection &connection, std::span<const Migration> migrations)
{
    const int version = connection.userVersion();
    if (version == latestVersion(migrations))
        return;
    if (version > 0)
        backUp(connection, latestVersion(migrations));
    // Rebuilding a table that others refer to needs the references unchecked until its end; apply() checks them all.
    connection.database().exec("PRAGMA foreign_keys = OFF");
    for (const Migration &migration : migrations) {
        if (migration.version > version)
            apply(connection, migration);
    }
    connection.database().exec("PRAGMA foreign_keys = ON");
}

} // namespace storage::sqlite
