// A history of every released format, as that program wrote it (vN.sql: `sqlite3 history.sqlite .dump`), still opens
// with everything in it. A released fixture is never made anew: a change of the format gets its own.

#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

using namespace storage;
using namespace storage::testing;

class ReleasedFormatsTest : public QObject {
    Q_OBJECT

private:
    static QByteArray dump(int version)
    {
        return bytesOf(QString(BATHYSCOPE_SOURCE_DIR "/tests/storage/format/v%1.sql").arg(version)) +
               QString("PRAGMA user_version = %1; PRAGMA application_id = 0x42617468;").arg(version).toUtf8();
    }
    static QString expected(int version)
    {
        return QString::fromUtf8(
            bytesOf(QString(BATHYSCOPE_SOURCE_DIR "/tests/storage/format/v%1.expected").arg(version)));
    }
    static QString described(const ConversationContent &content)
    {
        std::string all;
        for (const MessageRecord &message : content.messages)
            all += describe(message) + "\n";
        return QString::fromStdString(all);
    }

private slots:
    void firstFormatStillOpens()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath("history.sqlite");
        runSql(path, dump(1));
        StoreClient client(path.toStdString());
        QCOMPARE(client.integrity(), std::string("ok"));
        const auto list = client.list();
        QCOMPARE(list.size(), std::size_t(1)); // the second one is in the trash
        QCOMPARE(list[0].title, std::string("Wörter und 数字"));
        QVERIFY(list[0].pinned);
        QCOMPARE(list[0].currentLeaf, MessageId(3));

        QCOMPARE(described(client.load(list[0].id)), expected(1));

        const TraceRun run = client.value<TraceRun>([&](auto done) { client.store().loadTrace(2, done); });
        QCOMPARE(describe(run),
                 std::string("trace of 2 model [nano-v3] [f00] experts 64 6 8 3 2 layers 1 2 5 chunk 0 0 0 3 "
                             "[ABC] chunk 0 1 3 1 [D] chunk 1 0 0 4 []"));
        client.value<Done>([&](auto done) { client.store().restoreConversation(2, done); });
        QCOMPARE(client.list().size(), std::size_t(2));
    }

    void secondFormatStillOpens()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath("history.sqlite");
        runSql(path, dump(2));
        StoreClient client(path.toStdString());
        QCOMPARE(client.integrity(), std::string("ok"));
        QCOMPARE(described(client.load(1)), expected(2));
    }
};

QTEST_GUILESS_MAIN(ReleasedFormatsTest)
#include "tst_released_formats.moc"
