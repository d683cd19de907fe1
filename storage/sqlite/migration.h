#pragma once
// From any released schema to the newest: numbered SQL files, each in one transaction together with its user_version.

#include "storage/sqlite/connection.h"

#include <span>

namespace storage::sqlite {

struct Migration {
    int version;     ///< user_version afterwards; 1, 2, 3 … without a gap
    const char *sql; ///< one storage/schema/NNN_name.sql
};

/// The files of storage/schema, embedded at build time.
std::span<const Migration> schemaMigrations();

inline int latestVersion(std::span<const Migration> migrations)
{
    return migrations.empty() ? 0 : migrations.back().version;
}

/// Brings the database to the newest version. An existing one is backed up first, and no migration may change the
/// number of conversations, messages or parts. A program killed in between leaves the old or the new version, nothing
/// between. Throws Error or SQLite::Exception; the version reached before stays.
void migrate(Connection &connection, std::span<const Migration> migrations);

} // namespace storage::sqlite
