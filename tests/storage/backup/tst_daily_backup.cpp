// The daily backup: made beside the work, verified, and never at the price of an older good one.

#include "storage/recovery.h"
#include "storage/sqlite/backup.h"
#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/history.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/simulated_disk.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

#include <filesystem>

using namespace storage;
using namespace storage::testing;

class DailyBackupTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;

    QString path() const { return m_folder->filePath("history.sqlite"); }
    std::string file() const { return path().toStdString(); }
    void makeHistory()
    {
        StoreClient client(file());
        client.add(question(client.create("c").id, 0, "a text that is stored once"));
    }
    bool waitForBackups(std::size_t count)
    {
        return QTest::qWaitFor([&] { return listBackups(file()).size() == count; }, 20000);
    }
    /// Names of backups of earlier days, the file's present bytes inside.
    void addOldBackups(int days, const QString &mark = {})
    {
        QDir(m_folder->path()).mkdir("backups");
        for (int day = 1; day <= days; ++day)
            write(m_folder->filePath(
                      QString("backups/history-202501%1T120000Z%2.sqlite").arg(day, 2, 10, QChar('0')).arg(mark)),
                  bytesOf(path()));
    }
    QStringList names() const { return QDir(m_folder->filePath("backups")).entryList(QDir::Files | QDir::Hidden); }
    std::string backUp()
    {
        sqlite::History history(file());
        return sqlite::backUp(history.connection(), 0);
    }

private slots:
    void init()
    {
        SimulatedDisk::install().heal();
        m_folder = std::make_unique<QTemporaryDir>();
    }

    void idleStoreBacksItselfUpOnceADay()
    {
        makeHistory();
        {
            StoreClient client(file());
            QVERIFY(waitForBackups(1));
            QTest::qWait(500);
        }
        StoreClient client(file());
        QTest::qWait(700);
        QCOMPARE(listBackups(file()).size(), std::size_t(1));
        const Backup backup = listBackups(file()).front();
        QVERIFY(!backup.damagedRows);
        QVERIFY(!backup.beforeMigration);
        QVERIFY(backup.bytes > 0);
        QVERIFY(std::abs(backup.madeAt - QDateTime::currentMSecsSinceEpoch()) < 3600 * 1000);
    }

    void backupIsOnePrivateFileWithTheWholeHistory()
    {
        makeHistory();
        const QString backup = QString::fromStdString(backUp());
        QCOMPARE(names().size(), 1);
        struct stat status;
        QCOMPARE(::stat(backup.toUtf8(), &status), 0);
        QCOMPARE(status.st_mode & 0777U, 0600U);
        QCOMPARE(::stat(m_folder->filePath("backups").toUtf8(), &status), 0);
        QCOMPARE(status.st_mode & 0777U, 0700U);
        QFile::rename(backup, m_folder->filePath("other.sqlite"));
        StoreClient client(m_folder->filePath("other.sqlite").toStdString());
        QCOMPARE(textOf(client.load(1).messages.at(0)), std::string("a text that is stored once"));
    }

    void emptyHistoryIsNotBackedUp()
    {
        StoreClient client(file());
        client.create("no message yet");
        QTest::qWait(700);
        QVERIFY(listBackups(file()).empty());
    }

    void workGoesOnWhileTheBackupRuns()
    {
        makeHistory();
        {
            sqlite::History history(file()); // without the thread that makes backups
            MessageRecord big = reply(1, 0);
            big.parts = {{PartKind::Answer, std::string(30 << 20, 'x')}};
            history.addMessage(big);
        }
        {
            StoreClient client(file());
            const MessageId id = client.add(reply(1, 0)).id;
            for (int i = 0; i < 2000 && listBackups(file()).empty(); ++i) {
                client.append(id, PartKind::Answer, "y");
                if (i % 50 == 0)
                    QTest::qWait(250);
            }
            QVERIFY(waitForBackups(1));
        }
        QFile::rename(QString::fromStdString(listBackups(file()).front().file), m_folder->filePath("other.sqlite"));
        StoreClient client(m_folder->filePath("other.sqlite").toStdString());
        QCOMPARE(client.integrity(), std::string("ok"));
        QCOMPARE(textOf(client.load(1).messages.at(1)).size(), std::size_t(30 << 20));
    }

    void sevenDailyBackupsAreKept()
    {
        makeHistory();
        addOldBackups(9);
        backUp();
        const QStringList left = names();
        QCOMPARE(left.size(), 7);
        QVERIFY(!left.join(' ').contains("20250103"));
        QVERIFY(left.join(' ').contains("20250104"));
    }

    void backupsBeforeMigrationsAndForeignFilesStay()
    {
        makeHistory();
        addOldBackups(9, "-before-v2");
        write(m_folder->filePath("backups/my own copy.sqlite"), "x");
        write(m_folder->filePath("backups/history-notes.sqlite"), "x");
        backUp();
        QCOMPARE(names().size(), 12);
    }

    void newestGoodBackupOutlivesAnyNumberOfDamagedOnes()
    {
        makeHistory();
        addOldBackups(1);
        QFile::rename(m_folder->filePath("backups/history-20250101T120000Z.sqlite"),
                      m_folder->filePath("backups/history-20241201T120000Z.sqlite"));
        addOldBackups(8, "-damaged");
        QByteArray bytes = bytesOf(path());
        bytes.replace("stored once", "stored 0nce");
        write(path(), bytes);
        QVERIFY(QString::fromStdString(backUp()).endsWith("-damaged.sqlite"));
        const QStringList left = names();
        QCOMPARE(left.size(), 8);
        QVERIFY(left.contains("history-20241201T120000Z.sqlite"));
        QVERIFY(listBackups(file()).front().damagedRows);
    }

    void brokenHistoryIsNoBackupAndTouchesNone()
    {
        makeHistory();
        addOldBackups(9);
        runSql(
            path(),
            "PRAGMA writable_schema = ON; PRAGMA foreign_keys = OFF;"
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'message_children')"
            "  WHERE name = 'message_of_conversation'");
        const QStringList before = names();
        QVERIFY_EXCEPTION_THROWN(backUp(), Error);
        QCOMPARE(names(), before);
    }

    void failureAtAnyChangeOfTheDiskTouchesNoBackup()
    {
        makeHistory();
        addOldBackups(7);
        SimulatedDisk &disk = SimulatedDisk::install();
        QStringList before = names();
        int point = 0;
        for (bool reached = true; reached;) {
            sqlite::History history(file());
            disk.failAt(++point, SQLITE_FULL, true);
            bool failed = false;
            try {
                sqlite::backUp(history.connection(), 0);
            } catch (const Error &error) {
                failed = true;
                QCOMPARE(error.code(), ErrorCode::DiskFull);
            }
            reached = disk.hasFailed();
            disk.heal();
            if (failed)
                QCOMPARE(names(), before);
            QCOMPARE(names().size(), 7); // a backup that was made in spite of it has replaced one
            before = names();
        }
        QVERIFY(point > 10);
    }

    void failedBackupIsReportedAndWorkGoesOn()
    {
        makeHistory();
        write(m_folder->filePath("backups"), "a file in the place of the folder");
        StoreClient client(file());
        std::optional<Failure> reported;
        client.store().onBackgroundFailure([&](Failure failure) { reported = std::move(failure); });
        QVERIFY(QTest::qWaitFor(
            [&] {
                client.store().deliverCompletions();
                return reported.has_value();
            },
            20000));
        QVERIFY(reported->sentence.find("backups") != std::string::npos);
        client.create("still works");
    }

    void unfinishedBackupOfAKilledProgramIsRemoved()
    {
        makeHistory();
        QDir(m_folder->path()).mkdir("backups");
        write(m_folder->filePath("backups/.partial"), "half");
        QVERIFY(listBackups(file()).empty());
        backUp();
        QCOMPARE(names().size(), 1);
    }
};

QTEST_GUILESS_MAIN(DailyBackupTest)
#include "tst_daily_backup.moc"
