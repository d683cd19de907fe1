// Ways out of a history that does not open: none of them deletes anything.

#include "storage/recovery.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/history.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

using namespace storage;
using namespace storage::testing;

class RecoveryTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;

    QString path() const { return m_folder->filePath("history.sqlite"); }
    std::string file() const { return path().toStdString(); }
    std::string makeHistoryAndBackup()
    {
        {
            StoreClient client(file());
            client.add(question(client.create("c").id, 0, "backed up"));
        }
        sqlite::History history(file());
        return sqlite::backUp(history.connection(), 0);
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void restoredBackupOpensAndTheDamagedFilesAreKept()
    {
        const std::string backup = makeHistoryAndBackup();
        const QByteArray damaged(4096, 'd');
        write(path(), damaged);
        write(path() + "-wal", "log");
        const QString aside = QString::fromStdString(restoreBackup(file(), backup));
        QCOMPARE(bytesOf(aside + "/history.sqlite"), damaged);
        QCOMPARE(bytesOf(aside + "/history.sqlite-wal"), QByteArray("log"));
        QVERIFY(QFile::exists(QString::fromStdString(backup)));
        StoreClient client(file());
        QCOMPARE(textOf(client.load(1).messages.at(0)), std::string("backed up"));
    }

    void missingHistoryCanBeRestored()
    {
        const std::string backup = makeHistoryAndBackup();
        QFile::remove(path());
        restoreBackup(file(), backup);
        StoreClient client(file());
        QCOMPARE(client.list().size(), std::size_t(1));
    }

    void unusableBackupMovesNothing_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("text") << QByteArray(9000, 't');
        QTest::newRow("cut off") << QByteArray();
    }
    void unusableBackupMovesNothing()
    {
        QFETCH(QByteArray, bytes);
        const QString backup = QString::fromStdString(makeHistoryAndBackup());
        write(backup, bytes.isEmpty() ? bytesOf(backup).left(20000) : bytes);
        const auto before = contentsOf(m_folder->path());
        QVERIFY_EXCEPTION_THROWN(restoreBackup(file(), backup.toStdString()), Error);
        QVERIFY(contentsOf(m_folder->path()) == before);
    }

    void missingBackupIsNamed()
    {
        makeHistoryAndBackup();
        try {
            restoreBackup(file(), m_folder->filePath("nowhere.sqlite").toStdString());
            QFAIL("restored from nothing");
        } catch (const Error &error) {
            QVERIFY(QString(error.what()).contains("nowhere.sqlite"));
        }
    }

    void historySetAsideLeavesAFreshStart()
    {
        makeHistoryAndBackup();
        const QString aside = QString::fromStdString(setAside(file()));
        QVERIFY(QFile::exists(aside + "/history.sqlite"));
        QCOMPARE(QDir(aside).entryList(QDir::Files).size(), 2);
        StoreClient client(file());
        QVERIFY(client.list().empty());
    }

    void settingAsideTwiceKeepsBoth()
    {
        makeHistoryAndBackup();
        const std::string first = setAside(file());
        makeHistoryAndBackup();
        const std::string second = setAside(file());
        QVERIFY(first != second);
        QVERIFY(QFile::exists(QString::fromStdString(first) + "/history.sqlite"));
        QVERIFY(QFile::exists(QString::fromStdString(second) + "/history.sqlite"));
    }

    void backupsAreListedNewestFirst()
    {
        makeHistoryAndBackup();
        for (const char *name :
             {"history-20250101T000000Z", "history-20240601T000000Z-before-v2", "history-20250301T101112Z-damaged"})
            write(m_folder->filePath(QString("backups/%1.sqlite").arg(name)), "x");
        const std::vector<Backup> backups = listBackups(file());
        QCOMPARE(backups.size(), std::size_t(4));
        QCOMPARE(backups[1].madeAt, QDateTime(QDate(2025, 3, 1), QTime(10, 11, 12), Qt::UTC).toMSecsSinceEpoch());
        QVERIFY(backups[1].damagedRows);
        QVERIFY(backups[3].beforeMigration);
        QCOMPARE(backups[3].bytes, std::int64_t(1));
    }
};

QTEST_GUILESS_MAIN(RecoveryTest)
#include "tst_recovery.moc"
