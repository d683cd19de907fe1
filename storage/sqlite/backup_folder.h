#pragma once
// The backups beside a database: `<folder>/backups/<stem>-<UTC time>[-before-v<N>][-damaged].sqlite`, and which may go.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace storage::sqlite {

inline constexpr std::size_t dailyBackupsKept = 7;

struct BackupFile {
    std::string path;
    std::int64_t madeAt = 0;      ///< from the name; copying a file changes its own times
    bool beforeMigration = false; ///< made automatically before a newer program changed the schema
    bool damaged = false;         ///< readable, but rows in it fail their checksum
};

std::string backupFolder(const std::string &database);

/// Newest first; files with other names are not ours and are left out. Never throws.
std::vector<BackupFile> listBackupFiles(const std::string &database);

/// For a sentence about a history that does not open: where its backups are; empty when there are none.
std::string backupHint(const std::string &database);

/// A name that does not exist yet; `migrationVersion` 0 = a daily backup.
std::string newBackupPath(const std::string &database, int migrationVersion, bool damaged);

/// Deletes the oldest daily backups beyond `dailyBackupsKept`, never `justMade` and never the newest undamaged one.
/// Backups from before a migration stay. Throws Error.
void rotateBackups(const std::string &database, const std::string &justMade);

} // namespace storage::sqlite
