#pragma once
// The first start. The database is made whole under another name and then renamed, so a file of the history's name is
// never half made: whatever is found there later and is not sound is a loss, not an unfinished beginning.

#include "storage/sqlite/migration.h"

#include <span>
#include <string>

namespace storage::sqlite {

/// Nothing if there is a file with something in it. Throws Error Damaged if there was a history before: its file is
/// missing or empty, but backups or its log are there.
void createIfMissing(const std::string &file, std::span<const Migration> migrations);

} // namespace storage::sqlite
