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

    void changedConversationIsMarkedAndKeepsTheMark_data()
    {
        QTest::addColumn<QByteArray>("change");
        QTest::newRow("title") << QByteArray("title = 'd'");
        QTest::newRow("pinned") << QByteArray("pinned = 1");
        QTest::newRow("created") << QByteArray("created_at = created_at + 1");
        QTest::newRow("updated") << QByteArray("updated_at = updated_at + 1");
        QTest::newRow("activity") << QByteArray("activity = activity + 1");
        QTest::newRow("leaf") << QByteArray("current_leaf = 3");
        QTest::newRow("checksum") << QByteArray("crc32 = crc32 + 1");
    }
    void changedConversationIsMarkedAndKeepsTheMark()
    {
        QFETCH(QByteArray, change);
        runSql(path(), "UPDATE conversation SET " + change);
        StoreClient client(path().toStdString());
        QVERIFY(client.list().at(0).damaged);
        QCOMPARE(client.integrity(),
                 "conversation " + std::to_string(m_conversation) + ": the checksum does not match");
        client.value<Done>([&](auto done) { client.store().renameConversation(m_conversation, "new", done); });
        QVERIFY(load(client).summary.damaged); // the other columns are no better for it
        QCOMPARE(load(client).messages.size(), std::size_t(messages));
    }

    void intactConversationIsNotMarked()
    {
        StoreClient client(path().toStdString());
        client.value<Done>([&](auto done) { client.store().setPinned(m_conversation, true, done); });
        client.remove(m_conversation);
        client.value<Done>([&](auto done) { client.store().restoreConversation(m_conversation, done); });
        client.value<Done>([&](auto done) { client.store().setCurrentLeaf(m_conversation, 2, done); });
        QVERIFY(!client.list().at(0).damaged);
        QCOMPARE(client.integrity(), std::string("ok"));
    }

    void conversationDeletedByDamageIsNotErased()
    {
        runSql(path(), "UPDATE conversation SET deleted_at = 5");
        StoreClient client(path().toStdString());
        client.purge(1000);
        client.value<Done>([&](auto done) { client.store().restoreConversation(m_conversation, done); });
        QCOMPARE(load(client).messages.size(), std::size_t(messages));
    }

    void unreadableIndexOfStreamingMessagesHidesNoText()
    {
        MessageId id = 0;
        {
            StoreClient client(path().toStdString());
            id = client.add(reply(m_conversation, 0)).id;
            client.append(id, PartKind::Answer, "what there was");
        }
        write(path(), withBrokenPage(bytesOf(path()), rootPage(path(), "message_streaming")));
        StoreClient client(path().toStdString());
        const MessageRecord back = load(client).messages.back();
        QCOMPARE(back.id, id);
        QCOMPARE(back.state, MessageState::Interrupted);
        QCOMPARE(textOf(back), std::string("what there was"));
    }

    void damagedTraceIsNotShown_data()
    {
        QTest::addColumn<QByteArray>("sql");
        QTest::addColumn<QByteArray>("finding"); // empty: only a missing row, which no row tells
        const QByteArray run("trace of message 1:");
        QTest::newRow("data") << QByteArray("UPDATE trace_chunk SET data = x'00' WHERE plane = 0 AND seq = 0")
                              << QByteArray("trace chunk 0 of plane 0 of message 1");
        QTest::newRow("model") << QByteArray("UPDATE trace_run SET model_name = 'm'") << run;
        QTest::newRow("experts") << QByteArray("UPDATE trace_run SET n_experts = 7") << run;
        QTest::newRow("time") << QByteArray("UPDATE trace_run SET created_at = 7") << run;
        QTest::newRow("layer") << QByteArray("UPDATE trace_layer SET abs_layer = 7 WHERE idx = 1") << run;
        QTest::newRow("missing layer") << QByteArray("DELETE FROM trace_layer WHERE idx = 1") << run;
        QTest::newRow("missing chunk") << QByteArray("DELETE FROM trace_chunk WHERE seq = 1") << QByteArray();
    }
    void damagedTraceIsNotShown()
    {
        QFETCH(QByteArray, sql);
        QFETCH(QByteArray, finding);
        TraceRun run;
        run.message = 1;
        run.modelName = "nano";
        run.moeLayers = {1, 2};
        run.chunks = {{0, 0, 0, 4, {1, 2}}, {0, 1, 4, 4, {3, 4}}, {0, 2, 8, 4, {5, 6}}};
        {
            StoreClient client(path().toStdString());
            client.value<Done>([&](auto done) { client.store().saveTrace(run, done); });
            QVERIFY(client.trace(1).value);
        }
        runSql(path(), sql);
        StoreClient client(path().toStdString());
        const Result<TraceRun> result = client.trace(1);
        QVERIFY(result.failure);
        QCOMPARE(result.failure->code, ErrorCode::Damaged);
        QVERIFY(QByteArray::fromStdString(client.integrity()).contains(finding));
    }
};

QTEST_GUILESS_MAIN(DamagedRowsTest)
#include "tst_damaged_rows.moc"
