// From one format to the next: all or nothing, after a verified backup, and never with fewer rows than before.

#include "storage/sqlite/backup_folder.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/history.h"
#include "tests/storage/support/child.h"
#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

using namespace storage;
using namespace storage::testing;
using storage::sqlite::Migration;

namespace {

const char *const addRating =
    "ALTER TABLE message ADD COLUMN rating INTEGER;\n"
    "CREATE TABLE tag (conversation INTEGER REFERENCES conversation (id), name TEXT) STRICT;\n"
    "CREATE INDEX tag_name ON tag (name);\n"
    "UPDATE message SET rating = 1;\n";
const char *const fillTags = "INSERT INTO tag SELECT id, title FROM conversation;\n"
                             "CREATE INDEX tag_of_conversation ON tag (conversation);\n";

// Formats here are counted from the one of this program: `now`, and two made up ones after it.
const int now = sqlite::latestVersion(sqlite::schemaMigrations());

std::vector<Migration> upTo(int version)
{
    const auto released = sqlite::schemaMigrations();
    std::vector<Migration> migrations(released.begin(), released.end());
    if (version >= now + 1)
        migrations.push_back({now + 1, addRating});
    if (version >= now + 2)
        migrations.push_back({now + 2, fillTags});
    return migrations;
}

sqlite::History open(const QString &file, int version)
{
    return sqlite::History(file.toStdString(), upTo(version));
}

int statementsLeft = 0;

/// Migrates to the newest format and dies at the n-th statement.
int migrateAsChild(const QStringList &arguments)
{
    statementsLeft = arguments.at(2).toInt();
    // Every connection of this process, also the one the migration opens for itself.
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(+[](sqlite3 *handle, char **, const sqlite3_api_routines *) {
        return sqlite3_trace_v2(
            handle, SQLITE_TRACE_STMT,
            [](unsigned, void *, void *, void *) {
                if (--statementsLeft == 0)
                    ::raise(SIGKILL);
                return 0;
            },
            nullptr);
    }));
    open(arguments.at(1), now + 2);
    std::puts("done");
    return 0;
}

} // namespace

class MigrationTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;

    QString path() const { return m_folder->filePath("history.sqlite"); }
    std::vector<sqlite::BackupFile> backups() const { return sqlite::listBackupFiles(path().toStdString()); }
    int version(const QString &file) const { return sqlite::readFileHeader(file.toStdString()).userVersion; }
    void makeOldHistory()
    {
        sqlite::History history(path().toStdString(), upTo(now));
        history.connection().database().exec("BEGIN");
        const ConversationId id = history.createConversation("old").id;
        history.addMessage(question(id, 0, "still here"));
        history.connection().database().exec("COMMIT");
    }
    /// The text, if the history opens in the format it has.
    std::string textIn(const QString &file, int to)
    {
        sqlite::History history(file.toStdString(), upTo(to));
        const std::string integrity = history.checkIntegrity([] { return false; });
        return integrity == "ok" ? textOf(history.loadConversation(1).messages.at(0)) : integrity;
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void newHistoryHasTheNewestFormatAndNoBackup()
    {
        open(path(), now + 2);
        QCOMPARE(version(path()), now + 2);
        QVERIFY(backups().empty());
    }

    void releasedSchemasAreNumberedWithoutAGap()
    {
        int expected = 1;
        for (const Migration &migration : sqlite::schemaMigrations())
            QCOMPARE(migration.version, expected++);
        QVERIFY(expected > 1);
    }

    void oldHistoryIsBackedUpAndBroughtToTheNewFormat()
    {
        makeOldHistory();
        QCOMPARE(textIn(path(), now + 2), std::string("still here"));
        QCOMPARE(version(path()), now + 2);
        QCOMPARE(backups().size(), std::size_t(1));
        const sqlite::BackupFile backup = backups().front();
        QVERIFY(backup.beforeMigration);
        QVERIFY(QString::fromStdString(backup.path).endsWith(QString("-before-v%1.sqlite").arg(now + 2)));
        const QString copy = m_folder->filePath("copy.sqlite");
        QVERIFY(QFile::copy(QString::fromStdString(backup.path), copy));
        QCOMPARE(version(copy), now);
        QCOMPARE(textIn(copy, now), std::string("still here"));
    }

    void openingAgainChangesNothing()
    {
        makeOldHistory();
        open(path(), now + 1);
        open(path(), now + 1);
        QCOMPARE(backups().size(), std::size_t(1));
        QCOMPARE(version(path()), now + 1);
    }

    void failingMigrationLeavesTheOldFormat()
    {
        makeOldHistory();
        std::vector<Migration> broken = upTo(now + 1);
        broken.push_back({now + 2, "CREATE TABLE a (b);\nINSERT INTO nowhere VALUES (1);"});
        QVERIFY_EXCEPTION_THROWN(sqlite::History(path().toStdString(), broken), Error);
        QCOMPARE(version(path()), now + 1); // the step before it is whole
        QCOMPARE(textIn(path(), now + 1), std::string("still here"));
    }

    void migrationThatLosesRowsIsRefused()
    {
        makeOldHistory();
        std::vector<Migration> losing = upTo(now);
        losing.push_back({now + 1, "DELETE FROM part;"});
        QVERIFY_EXCEPTION_THROWN(sqlite::History(path().toStdString(), losing), Error);
        QCOMPARE(version(path()), now);
        QCOMPARE(textIn(path(), now), std::string("still here"));
    }

    void migrationThatBreaksReferencesIsRefused()
    {
        makeOldHistory();
        std::vector<Migration> breaking = upTo(now);
        breaking.push_back({now + 1, "UPDATE message SET conversation = 99;"});
        QVERIFY_EXCEPTION_THROWN(sqlite::History(path().toStdString(), breaking), Error);
        QCOMPARE(textIn(path(), now), std::string("still here"));
    }

    void failingBackupStopsTheMigration()
    {
        makeOldHistory();
        write(m_folder->filePath("backups"), "a file in the place of the folder");
        QVERIFY_EXCEPTION_THROWN(open(path(), now + 1), Error);
        QCOMPARE(version(path()), now);
    }

    void killedAtAnyStatementIsTheOldOrTheNewFormat()
    {
        makeOldHistory();
        const auto before = contentsOf(m_folder->path());
        int kills = 0;
        for (bool done = false; !done; ++kills) {
            QDir(m_folder->path()).removeRecursively();
            QDir().mkpath(m_folder->path());
            for (auto file = before.begin(); file != before.end(); ++file)
                write(file.key(), file.value());
            Child child({"migrate", path(), QString::number(kills + 1)});
            done = child.everything().trimmed() == "done";
            const int found = sqlite::History(path().toStdString(), upTo(now + 2)).connection().userVersion();
            QCOMPARE(found, now + 2); // the next start finishes what was begun
            QCOMPARE(textIn(path(), now + 2), std::string("still here"));
            for (const sqlite::BackupFile &backup : backups()) {
                const QString copy = m_folder->filePath("copy.sqlite");
                QFile::remove(copy);
                QVERIFY(QFile::copy(QString::fromStdString(backup.path), copy));
                QVERIFY(version(copy) < now + 2);
                QCOMPARE(textIn(copy, version(copy)), std::string("still here"));
            }
        }
        qInfo("killed at %d statements", kills - 1);
        QVERIFY(kills > 30);
    }
};

int main(int argc, char **argv)
{
    return runTestOrChild<MigrationTest>(argc, argv, migrateAsChild);
}
#include "tst_migration.moc"
