#pragma once
// From SQLite's and the system's error codes to the store's, with a sentence that names the file.

#include "storage/conversation_store.h"

#include <string>

struct sqlite3;
namespace SQLite {
class Exception;
}

namespace storage::sqlite {

/// `handle` (may be null) tells the errno behind an I/O error.
Error errorFrom(const SQLite::Exception &exception, sqlite3 *handle, const std::string &file);

/// A failed call of the operating system while `doing` ("create the folder", "write").
Error errorFromErrno(int number, const std::string &file, const std::string &doing);

Error makeError(ErrorCode code, const std::string &file, const std::string &sentence);
Failure failureFrom(const Error &error);

/// True where SQLite found the database itself broken, so that other rows may still be readable.
bool meansCorruption(const SQLite::Exception &exception);

} // namespace storage::sqlite
