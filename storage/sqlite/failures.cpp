#include "storage/sqlite/failures.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

namespace storage::sqlite {

namespace {

bool meansNoSpace(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

bool meansNoPermission(int number)
{
    return number == EACCES || number == EPERM || number == EROFS;
}

std::string sentenceFor(ErrorCode code, const std::string &file, const std::string &reason)
{
    switch (code) {
    case ErrorCode::AlreadyOpen:
        return "The history " + file + " is already open in another window or program.";
    case ErrorCode::ForeignDatabase:
        return "The file " + file + " is not a history of this program; it was left as it is.";
    case ErrorCode::Damaged:
        return "The history " + file + " is damaged (" + reason + ").";
    case ErrorCode::ReadOnly:
        return "The history cannot be saved: " + file + " or its folder is read-only.";
    case ErrorCode::DiskFull:
        return "The disk is full: " + file + " could not be written. Free some space and try again.";
    case ErrorCode::InputOutput:
        return "The history " + file + " could not be read or written (" + reason + ").";
    case ErrorCode::NotFound:
    case ErrorCode::NewerVersion:
    case ErrorCode::Internal:
        break;
    }
    return "The history " + file + " reported an unexpected error (" + reason + ").";
}

ErrorCode codeFor(int primary, int systemError)
{
    switch (primary) {
    case SQLITE_FULL:
        return ErrorCode::DiskFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ErrorCode::AlreadyOpen;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return ErrorCode::ReadOnly;
    case SQLITE_CORRUPT:
        return ErrorCode::Damaged;
    case SQLITE_NOTADB:
        return ErrorCode::ForeignDatabase;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (meansNoSpace(systemError))
            return ErrorCode::DiskFull;
        return meansNoPermission(systemError) ? ErrorCode::ReadOnly : ErrorCode::InputOutput;
    default:
        return ErrorCode::Internal;
    }
}

} // namespace

Error makeError(ErrorCode code, const std::string &file, const std::string &sentence)
{
    return Error(code, file, sentence);
}

Error errorFrom(const SQLite::Exception &exception, sqlite3 *handle, const std::string &file)
{
    const int systemError = handle ? sqlite3_system_errno(handle) : 0;
    const ErrorCode code = codeFor(exception.getErrorCode() & 0xff, systemError);
    std::string reason = exception.what();
    if (code == ErrorCode::InputOutput && systemError != 0)
        reason += ": " + std::string(std::strerror(systemError));
    return makeError(code, file, sentenceFor(code, file, reason));
}

Error errorFromErrno(int number, const std::string &file, const std::string &doing)
{
    const ErrorCode code = meansNoSpace(number)        ? ErrorCode::DiskFull
                           : meansNoPermission(number) ? ErrorCode::ReadOnly
                                                       : ErrorCode::InputOutput;
    return makeError(code, file, sentenceFor(code, file, "cannot " + doing + ": " + std::strerror(number)));
}

Failure failureFrom(const Error &error)
{
    return {error.code(), error.file(), error.what()};
}

bool meansCorruption(const SQLite::Exception &exception)
{
    return (exception.getErrorCode() & 0xff) == SQLITE_CORRUPT;
}

} // namespace storage::sqlite
