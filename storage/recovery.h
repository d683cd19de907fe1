#pragma once
// What to do when the history does not open: its backups, and ways out that delete nothing.
// Blocking; for a moment when no store is open on the file, on any thread. Everything throws Error.

#include "storage/conversation_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace storage {

struct Backup {
    std::string file;
    std::int64_t madeAt = 0; ///< milliseconds since 1970 UTC
    std::int64_t bytes = 0;
    bool beforeMigration = false; ///< made before a newer program changed the format
    bool damagedRows = false;     ///< whole, but some messages in it fail their checksum
};

std::vector<Backup> listBackups(const std::string &database); ///< newest first

/// Puts a copy of the backup in the place of the database. What was there moves to a new folder beside it, whose
/// path is returned. The backup is checked before anything is moved; it stays where it is.
std::string restoreBackup(const std::string &database, const std::string &backup);

/// Moves the database and its backups to a new folder beside it, whose path is returned: the next start is an empty
/// one.
std::string setAside(const std::string &database);

} // namespace storage
