// What is not ours, newer, or lost is refused by name, and not one byte changes.

#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

using namespace storage;
using namespace storage::testing;

class RefusedFilesTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const QString &name = "history.sqlite") const { return m_folder->filePath(name); }
    void makeHistory(const QString &file)
    {
        StoreClient client(file.toStdString());
        client.add(question(client.create("kept").id, 0, "text"));
    }
    void makeBackup()
    {
        QDir(m_folder->path()).mkdir("backups");
        makeHistory(path("other.sqlite"));
        QFile::rename(path("other.sqlite"), path("backups/history-20250102T030405Z.sqlite"));
    }
    /// Opens, expects the refusal, and that the folder is as it was.
    void expectRefused(ErrorCode code, const QStringList &sentenceParts)
    {
        const auto before = contentsOf(m_folder->path());
        const std::optional<Failure> failure = openingFailure(path());
        QVERIFY(failure);
        QCOMPARE(failure->code, code);
        const QString sentence = QString::fromStdString(failure->sentence);
        for (const QString &part : sentenceParts + QStringList(path()))
            QVERIFY2(sentence.contains(part), qPrintable(sentence + " lacks " + part));
        QCOMPARE(contentsOf(m_folder->path()).keys(), before.keys());
        QVERIFY(contentsOf(m_folder->path()) == before);
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void newerVersionIsLeftUntouched()
    {
        makeHistory(path());
        runSql(path(), "PRAGMA user_version = 99");
        expectRefused(ErrorCode::NewerVersion, {"99", "newer version"});
    }

    void newerVersionStillInTheLogIsLeftUntouched()
    {
        makeHistory(path("live.sqlite"));
        sqlite3 *handle = nullptr;
        QCOMPARE(sqlite3_open(path("live.sqlite").toUtf8(), &handle), SQLITE_OK);
        QCOMPARE(sqlite3_exec(handle, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
        // As if the newer program were killed here: the main file still says version 1.
        QVERIFY(QFile::copy(path("live.sqlite"), path()));
        QVERIFY(QFile::copy(path("live.sqlite-wal"), path("history.sqlite-wal")));
        sqlite3_close(handle);
        QVERIFY(bytesOf(path("history.sqlite-wal")).size() > 0);
        QFile::setPermissions(path(), QFile::ReadOwner | QFile::WriteOwner);
        expectRefused(ErrorCode::NewerVersion, {"99"});
    }

    void foreignFilesAreLeftUntouched_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("sql");
        QTest::newRow("text") << QByteArray("Dear diary,\n").repeated(500) << QByteArray();
        QTest::newRow("one byte") << QByteArray("x") << QByteArray();
        QTest::newRow("NUL bytes") << QByteArray(64560, '\0') << QByteArray();
        QTest::newRow("magic alone") << QByteArray("SQLite format 3\0", 16) << QByteArray();
        QTest::newRow("database without an application id")
            << QByteArray() << QByteArray("CREATE TABLE bookmark (url)");
        QTest::newRow("database of another program")
            << QByteArray() << QByteArray("PRAGMA application_id = 252006; CREATE TABLE conversation (id)");
        QTest::newRow("empty database of another program")
            << QByteArray() << QByteArray("PRAGMA application_id = 252006");
        QTest::newRow("database of another program in WAL mode")
            << QByteArray() << QByteArray("PRAGMA journal_mode = WAL; CREATE TABLE bookmark (url)");
    }
    void foreignFilesAreLeftUntouched()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, sql);
        if (sql.isEmpty())
            write(path(), bytes);
        else
            runSql(path(), sql);
        expectRefused(ErrorCode::ForeignDatabase, {"not a history of this program"});
    }

    void foreignDatabaseWithItsLogIsLeftUntouched()
    {
        sqlite3 *handle = nullptr;
        QCOMPARE(sqlite3_open(path("live.sqlite").toUtf8(), &handle), SQLITE_OK);
        const char *sql = "PRAGMA journal_mode = WAL; CREATE TABLE bookmark (url); INSERT INTO bookmark VALUES (1)";
        QCOMPARE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        QVERIFY(QFile::copy(path("live.sqlite"), path()));
        QVERIFY(QFile::copy(path("live.sqlite-wal"), path("history.sqlite-wal")));
        sqlite3_close(handle);
        expectRefused(ErrorCode::ForeignDatabase, {"not a history of this program"});
    }

    void foreignFileInPlaceOfTheHistoryNamesTheBackups()
    {
        makeBackup();
        write(path(), QByteArray(5000, 'x'));
        expectRefused(ErrorCode::ForeignDatabase, {path("backups")});
    }

    void emptyFileWithBackupsIsALossNotAFreshStart()
    {
        makeBackup();
        write(path(), {});
        expectRefused(ErrorCode::Damaged, {"empty", path("backups"), "nothing was changed"});
    }

    void missingFileWithBackupsIsALossNotAFreshStart()
    {
        makeBackup();
        expectRefused(ErrorCode::Damaged, {"missing", path("backups")});
    }

    void missingFileWithItsLogLeftIsALoss()
    {
        write(path("history.sqlite-wal"), QByteArray(5000, 'w'));
        expectRefused(ErrorCode::Damaged, {"missing"});
    }

    void emptyFileWithoutBackupsIsAFreshStart()
    {
        write(path(), {});
        QVERIFY(!openingFailure(path()));
    }

    void backupsOfAnotherFileDoNotMatter()
    {
        makeBackup();
        QVERIFY(!openingFailure(path("second.sqlite")));
    }

    void unfinishedFirstStartDoesNotMatter()
    {
        write(path(QString("history.sqlite.new-%1").arg(QCoreApplication::applicationPid())), "half made");
        QVERIFY(!openingFailure(path()));
        QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files), QStringList("history.sqlite"));
    }

    void damagedStructureSaysWhereTheBackupsAre()
    {
        makeHistory(path());
        makeBackup();
        QByteArray bytes = bytesOf(path());
        bytes.replace(100, 3000, QByteArray(3000, '\x5a')); // the root of the schema
        write(path(), bytes);
        const std::optional<Failure> failure = openingFailure(path());
        QVERIFY(failure);
        QCOMPARE(failure->code, ErrorCode::Damaged);
        QVERIFY(QString::fromStdString(failure->sentence).contains(path("backups")));
        QCOMPARE(bytesOf(path()), bytes);
    }

    void folderInPlaceOfTheFileIsNamed()
    {
        QDir(m_folder->path()).mkdir("history.sqlite");
        expectRefused(ErrorCode::InputOutput, {"Is a directory"});
    }

    void pathThroughAFileIsNamed()
    {
        write(path("file"), "x");
        const std::optional<Failure> failure = openingFailure(path("file/sub/history.sqlite"));
        QVERIFY(failure);
        QCOMPARE(failure->code, ErrorCode::InputOutput);
        QVERIFY(failure->sentence.find("Not a directory") != std::string::npos);
    }

    void emptyPathIsRefused() { QCOMPARE(openingFailure({})->code, ErrorCode::InputOutput); }
};

QTEST_GUILESS_MAIN(RefusedFilesTest)
#include "tst_refused_files.moc"
