// A changed byte inside a message is noticed, although SQLite's own checks pass over it; the text is still shown.

#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace storage;
using namespace storage::testing;

class DamagedRowsTest : public QObject {
    Q_OBJECT

private:
    static constexpr int messages = 40;

    std::unique_ptr<QTemporaryDir> m_folder;
    ConversationId m_conversation = 0;
    QByteArray m_sound;

    QString path() const { return m_folder->filePath("history.sqlite"); }
    static std::string body(int i)
    {
        std::string text = "body " + std::to_string(i) + ": ";
        while (text.size() < 40 + 30 * static_cast<std::size_t>(i))
            text += static_cast<char>('a' + (text.size() * 7 + static_cast<std::size_t>(i)) % 26);
        return text;
    }
    /// The sound file with one byte changed at `offset` of the only place where `text` is stored.
    QByteArray flipped(const std::string &text, std::size_t offset, QByteArray bytes) const
    {
        const QByteArray needle = QByteArray::fromStdString(text);
        const auto at = bytes.indexOf(needle);
        if (at < 0 || bytes.indexOf(needle, at + 1) >= 0)
            qFatal("the text must be stored exactly once");
        char &byte = bytes[at + static_cast<int>(offset)];
        byte = static_cast<char>(byte ^ 0x04);
        return bytes;
    }
    ConversationContent load(StoreClient &client) { return client.load(m_conversation); }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        {
            StoreClient client(path().toStdString());
            m_conversation = client.create("c").id;
            MessageId parent = 0;
            for (int i = 0; i < messages; ++i)
                parent = client.add(question(m_conversation, parent, body(i))).id;
        }
        m_sound = bytesOf(path());
    }

    void oneChangedByteFlagsItsMessageAndNoOther()
    {
        for (int i = 0; i < messages; ++i) {
            const std::size_t offset =
                (static_cast<std::size_t>(i) * 13) % 30; // start of the text: on the row's own page
            write(path(), flipped(body(i).substr(0, 35), offset, m_sound));
            StoreClient client(path().toStdString());
            const ConversationContent content = load(client);
            QCOMPARE(content.messages.size(), std::size_t(messages));
            for (int k = 0; k < messages; ++k) {
                const MessageRecord &message = content.messages[static_cast<std::size_t>(k)];
                QCOMPARE(message.damaged, k == i);
                QCOMPARE(textOf(message).size(), body(k).size());
                QCOMPARE(textOf(message) == body(k), k != i);
            }
        }
    }

    void integrityCheckNamesTheRow()
    {
        write(path(), flipped(body(7).substr(0, 35), 20, m_sound));
        StoreClient client(path().toStdString());
        const MessageId id = load(client).messages[7].id;
        QCOMPARE(client.integrity(), "part 1 of message " + std::to_string(id) + ": the checksum does not match");
    }

    void changedMetadataFlagsTheMessage()
    {
        MessageRecord record = reply(m_conversation, 0);
        record.modelName = "model-x9q";
        record.state = MessageState::Complete;
        record.parts = {{PartKind::Answer, "intact"}};
        {
            StoreClient client(path().toStdString());
            client.add(record);
        }
        write(path(), flipped(record.modelName, 4, bytesOf(path())));
        StoreClient client(path().toStdString());
        const MessageRecord back = load(client).messages.back();
        QVERIFY(back.damaged);
        QCOMPARE(textOf(back), std::string("intact"));
    }

    void foldingDoesNotPassDamageOffAsGood()
    {
        MessageId id = 0;
        {
            StoreClient client(path().toStdString());
            id = client.add(reply(m_conversation, 0)).id;
            client.append(id, PartKind::Answer, "whole part; ");
            client.append(id, PartKind::Answer, "streamed chunk");
        }
        write(path(), flipped("streamed chunk", 3, bytesOf(path())));
        for (int start = 0; start < 2; ++start) { // the first start folds what was streaming
            StoreClient client(path().toStdString());
            const MessageRecord back = load(client).messages.back();
            QCOMPARE(back.id, id);
            QVERIFY(back.damaged);
            QCOMPARE(back.state, MessageState::Interrupted);
            QCOMPARE(textOf(back).size(), std::string("whole part; streamed chunk").size());
        }
        StoreClient client(path().toStdString());
        client.value<Done>([&](auto done) { client.store().reopenMessage(id, done); });
        client.finish(id);
        QVERIFY(load(client).messages.back().damaged);
    }

    void hiddenPartIsNoticed()
    {
        runSql(path(), "DELETE FROM part WHERE message = (SELECT max(id) FROM message)");
        StoreClient client(path().toStdString());
        QVERIFY(load(client).messages.back().damaged);
    }

    void hiddenChunkIsNoticed()
    {
        {
            StoreClient client(path().toStdString());
            const MessageId id = client.add(reply(m_conversation, 0)).id;
            for (int i = 0; i < 4; ++i)
                client.append(id, PartKind::Answer, "x");
        }
        runSql(path(), "DELETE FROM chunk WHERE position = 1");
        StoreClient client(path().toStdString());
        QVERIFY(load(client).messages.back().damaged);
    }

    void badOptionalFieldKeepsTheText_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::newRow("count is null") << QByteArray("UPDATE message SET answer_tokens = NULL");
        QTest::newRow("first count is null") << QByteArray("UPDATE message SET prompt_tokens = NULL");
        QTest::newRow("sampler is half null") << QByteArray("UPDATE message SET temperature = NULL, seed = NULL");
        QTest::newRow("count is huge") << QByteArray("UPDATE message SET context_used = 9223372036854775807");
        QTest::newRow("state of the future") << QByteArray("UPDATE message SET state = 'paused'");
        QTest::newRow("unknown role") << QByteArray("UPDATE message SET role = 'tool'");
        QTest::newRow("unknown kind of part") << QByteArray("UPDATE part SET kind = 'picture'");
    }
    void badOptionalFieldKeepsTheText()
    {
        QFETCH(QByteArray, sql);
        {
            StoreClient client(path().toStdString());
            MessageRecord record = reply(m_conversation, 0);
            record.state = MessageState::Complete;
            record.parts = {{PartKind::Answer, "the text"}};
            record.statistics = StatisticsRecord{1, 2, 3, 4, 5.0, 6.0, 7.0, 8.0, 9, 10};
            client.add(record);
        }
        runSql(path(), sql);
        StoreClient client(path().toStdString());
        const MessageRecord back = load(client).messages.back();
        QCOMPARE(textOf(back), std::string("the text"));
        QVERIFY(back.damaged);
    }

    void brokenLinksKeepEveryMessageReachable()
    {
        runSql(path(),
               "PRAGMA foreign_keys = OFF; UPDATE message SET parent = id WHERE id % 5 = 0;"
               "UPDATE message SET parent = 99999 WHERE id % 7 = 0; UPDATE message SET parent = 40 WHERE id = 4");
        StoreClient client(path().toStdString());
        const ConversationContent content = load(client);
        QCOMPARE(content.messages.size(), std::size_t(messages));
        std::set<MessageId> seen = {0};
        for (const MessageRecord &message : content.messages) {
            QVERIFY(seen.contains(message.parent));
            seen.insert(message.id);
        }
    }

    void damagedTraceIsNotShown()
    {
        TraceRun run;
        run.message = 1;
        run.chunks = {{0, 0, 0, 4, {'t', 'r', 'a', 'c', 'e', '-', 'b', 'y', 't', 'e', 's'}}};
        {
            StoreClient client(path().toStdString());
            client.value<Done>([&](auto done) { client.store().saveTrace(run, done); });
        }
        write(path(), flipped("trace-bytes", 5, bytesOf(path())));
        StoreClient client(path().toStdString());
        const auto result = client.result<TraceRun>([&](auto done) { client.store().loadTrace(1, done); });
        QCOMPARE(result.failure->code, ErrorCode::Damaged);
        QVERIFY(client.integrity().find("trace chunk 0 of plane 0 of message 1") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(DamagedRowsTest)
#include "tst_damaged_rows.moc"
