#pragma once
// Whether a database is sound: SQLite's own checks, and the checksum of every row, which those do not replace.

#include <SQLiteCpp/Database.h>

#include <functional>
#include <string>
#include <vector>

namespace storage::sqlite {

struct IntegrityReport {
    std::vector<std::string> structure; ///< SQLite's findings, broken references
    std::vector<std::string> rows;      ///< "message 12: …": rows whose checksum does not match
    bool interrupted = false;           ///< `pause` said true; the report is incomplete
};

/// `pause` is asked every few thousand steps of SQLite's machine. Throws SQLite::Exception.
IntegrityReport checkIntegrity(SQLite::Database &database, const std::function<bool()> &pause);

/// "ok", or one finding a line.
std::string textOf(const IntegrityReport &report);

} // namespace storage::sqlite
