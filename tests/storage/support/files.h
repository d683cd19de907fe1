#pragma once
// Files as the tests look at them from outside.

#include "storage/conversation_store.h"

#include <QDir>
#include <QFile>
#include <QMap>

#include <sqlite3.h>

#include <optional>
#include <string>

namespace storage::testing {

inline QByteArray bytesOf(const QString &path)
{
    QFile file(path);
    return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
}

inline void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QFile::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

/// Every file below the folder with its bytes.
inline QMap<QString, QByteArray> contentsOf(const QString &folder)
{
    QMap<QString, QByteArray> contents;
    for (const QFileInfo &entry : QDir(folder).entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)) {
        if (entry.isDir())
            contents.insert(contentsOf(entry.filePath()));
        else
            contents[entry.filePath()] = bytesOf(entry.filePath());
    }
    return contents;
}

/// Runs SQL on a database that no store has open.
inline void runSql(const QString &path, const QByteArray &sql)
{
    sqlite3 *handle = nullptr;
    if (sqlite3_open(path.toUtf8().constData(), &handle) != SQLITE_OK ||
        sqlite3_exec(handle, "PRAGMA locking_mode = EXCLUSIVE", nullptr, nullptr, nullptr) != SQLITE_OK ||
        sqlite3_exec(handle, sql.constData(), nullptr, nullptr, nullptr) != SQLITE_OK)
        qFatal("%s", sqlite3_errmsg(handle));
    sqlite3_close(handle);
}

/// The page that holds the root of a table or an index, from 1.
inline int rootPage(const QString &path, const QByteArray &name)
{
    sqlite3 *handle = nullptr;
    int page = 0;
    const QByteArray sql = "SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'";
    const auto take = [](void *found, int, char **values, char **) {
        *static_cast<int *>(found) = QByteArray(values[0]).toInt();
        return 0;
    };
    if (sqlite3_open(path.toUtf8().constData(), &handle) != SQLITE_OK ||
        sqlite3_exec(handle, sql.constData(), take, &page, nullptr) != SQLITE_OK || page == 0)
        qFatal("%s", sqlite3_errmsg(handle));
    sqlite3_close(handle);
    return page;
}

constexpr qsizetype pageBytes = 8192;

/// `bytes` with the head of a page overwritten, so that SQLite cannot read the page.
inline QByteArray withBrokenPage(QByteArray bytes, int page)
{
    const qsizetype head = (page - 1) * pageBytes + (page == 1 ? 100 : 0); // page 1 begins with the file's header
    return bytes.replace(head, 12, QByteArray(12, '\xff'));
}

/// The failure of opening a store, or nothing when it opens.
inline std::optional<Failure> openingFailure(const QString &path)
{
    try {
        ConversationStore store(path.toStdString(), [] {});
        return std::nullopt;
    } catch (const Error &error) {
        return Failure{error.code(), error.file(), error.what()};
    }
}

} // namespace storage::testing
