// What is written comes back, streamed text is folded, and a message knows its place in the tree.

#include "tests/storage/support/files.h"
#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace storage;
using namespace storage::testing;

class MessagesTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<StoreClient> m_client;
    ConversationId m_conversation = 0;

    std::string file() const { return m_folder->filePath("history.sqlite").toStdString(); }
    void reopen()
    {
        m_client.reset();
        m_client = std::make_unique<StoreClient>(file());
    }
    MessageRecord stored(MessageId id)
    {
        reopen();
        for (const MessageRecord &record : m_client->load(m_conversation).messages) {
            if (record.id == id)
                return record;
        }
        return {};
    }
    MessageRecord addReply()
    {
        const MessageRecord asked = m_client->add(question(m_conversation, 0, "How many?"));
        return m_client->add(reply(m_conversation, asked.id));
    }

private slots:
    void init()
    {
        m_client.reset();
        m_folder = std::make_unique<QTemporaryDir>();
        m_client = std::make_unique<StoreClient>(file());
        m_conversation = m_client->create("Test").id;
    }

    void everyFieldComesBack()
    {
        MessageRecord record = reply(m_conversation, m_client->add(question(m_conversation, 0, "Frage")).id);
        record.state = MessageState::Failed;
        record.parts = {{PartKind::Thinking, "hmm"}, {PartKind::Answer, "42"}, {PartKind::Thinking, ""}};
        record.thinkingClosed = false;
        record.failure = {"device_failed", "nano/model.safetensors", "layers.3", "The engine stopped."};
        record.sampler = SamplerRecord{0.1, 40, 0.9, 0.05, 1.1, std::numeric_limits<std::uint64_t>::max(), 77};
        record.thinking = {ThinkingMode::Off, ThoughtsShown::Newest};
        record.statistics = StatisticsRecord{11, 5, 300, 20, 0.25, 0.3, 12.5, 1.0 / 3.0, 331, 131072};
        const MessageRecord written = m_client->add(record);
        QVERIFY(written.id > 0);
        QVERIFY(written.createdAt > 1600000000000);
        QCOMPARE(describe(stored(written.id)), describe(written));
        record.id = written.id;
        record.createdAt = written.createdAt;
        QCOMPARE(describe(written), describe(record));
    }

    void everyRoleAndStateComesBack()
    {
        using S = MessageState;
        for (const S state : {S::Complete, S::Stopped, S::Interrupted, S::Failed, S::LengthLimit, S::ContextFull}) {
            for (const MessageRole role : {MessageRole::System, MessageRole::User, MessageRole::Assistant}) {
                MessageRecord record = question(m_conversation, 0, "x");
                record.role = role;
                record.state = state;
                const MessageRecord back = stored(m_client->add(record).id);
                QCOMPARE(back.role, role);
                QCOMPARE(back.state, state);
                QVERIFY(!back.damaged);
            }
        }
    }

    void everyWayOfThinkingComesBackAndIsCheckedForDamage()
    {
        std::vector<MessageId> ids;
        for (const ThinkingMode mode : {ThinkingMode::Template, ThinkingMode::On, ThinkingMode::Off}) {
            for (const ThoughtsShown shown :
                 {ThoughtsShown::Template, ThoughtsShown::All, ThoughtsShown::Newest, ThoughtsShown::None}) {
                MessageRecord record = reply(m_conversation, 0);
                record.state = MessageState::Complete;
                record.thinking = {mode, shown};
                ids.push_back(m_client->add(record).id);
                QVERIFY((stored(ids.back()).thinking == ThinkingRecord{mode, shown}));
                QVERIFY(!stored(ids.back()).damaged);
            }
        }
        m_client.reset();
        runSql(QString::fromStdString(file()),
               "UPDATE message SET thinking_mode = 'on' WHERE id = " + QByteArray::number(qlonglong(ids.front())));
        m_client = std::make_unique<StoreClient>(file());
        QVERIFY(stored(ids.front()).damaged);
        QVERIFY(!stored(ids.back()).damaged);
    }

    void everyTextComesBackByteForByte_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray("");
        QTest::newRow("NUL bytes") << QByteArray("a\0b\0", 4);
        QTest::newRow("Chinese and emoji") << QByteArray("深海 🐟 \r\n\t");
        QTest::newRow("not UTF-8") << QByteArray("\xff\xfe\xc3(");
        QTest::newRow("quotes") << QByteArray("'; DROP TABLE message; --");
        QTest::newRow("long") << QByteArray(3 << 20, 'x');
    }
    void everyTextComesBackByteForByte()
    {
        QFETCH(QByteArray, text);
        const MessageRecord written = m_client->add(question(m_conversation, 0, text.toStdString()));
        const MessageRecord back = stored(written.id);
        QCOMPARE(QByteArray::fromStdString(textOf(back)), text);
        QVERIFY(!back.damaged);
    }

    void valuesThatSqliteCannotKeepAreNotDamage()
    {
        MessageRecord record = reply(m_conversation, 0);
        record.state = MessageState::Complete;
        record.sampler->temperature = -0.0;
        record.statistics = StatisticsRecord();
        record.statistics->promptSeconds = std::numeric_limits<double>::quiet_NaN();
        record.statistics->answerSeconds = std::numeric_limits<double>::infinity();
        const MessageRecord back = stored(m_client->add(record).id);
        QVERIFY(!back.damaged);
        QCOMPARE(back.statistics->promptSeconds, 0.0);
        QCOMPARE(back.statistics->answerSeconds, std::numeric_limits<double>::infinity());
    }

    void streamedTextBecomesPartsInOrder()
    {
        const MessageId id = addReply().id;
        m_client->append(id, PartKind::Thinking, "one ");
        m_client->append(id, PartKind::Thinking, "two ");
        m_client->append(id, PartKind::Answer, "three ");
        m_client->append(id, PartKind::Answer, "four");
        m_client->append(id, PartKind::Thinking, "again");
        const auto parts = m_client->load(m_conversation).messages.back().parts;
        QCOMPARE(parts.size(), std::size_t(3));
        QCOMPARE(parts[0].kind, PartKind::Thinking);
        QCOMPARE(parts[0].text, std::string("one two "));
        QCOMPARE(parts[1].kind, PartKind::Answer);
        QCOMPARE(parts[1].text, std::string("three four"));
        QCOMPARE(parts[2].kind, PartKind::Thinking);
    }

    void finishingFoldsAndKeepsTheText()
    {
        const MessageId id = addReply().id;
        std::string expected;
        for (int i = 0; i < 500; ++i) {
            const std::string piece = std::to_string(i) + " ";
            m_client->append(id, i < 250 ? PartKind::Thinking : PartKind::Answer, piece);
            expected += piece;
        }
        const StatisticsRecord statistics{1, 2, 3, 4, 5.0, 6.0, 7.0, 8.0, 9, 10};
        const FailureRecord failure{"non_finite", "a file", "a field", "reason"};
        m_client->value<Done>([&](auto done) {
            m_client->store().finishMessage(id, MessageState::LengthLimit, false, statistics, failure, done);
        });
        const MessageRecord back = stored(id);
        QCOMPARE(back.parts.size(), std::size_t(2));
        QCOMPARE(textOf(back), expected);
        QCOMPARE(back.state, MessageState::LengthLimit);
        QCOMPARE(back.thinkingClosed, false);
        QCOMPARE(describe(back.failure), describe(failure));
        QCOMPARE(describe(*back.statistics), describe(statistics));
        QVERIFY(!back.damaged);
        QCOMPARE(m_client->integrity(), std::string("ok"));
    }

    void continuedReplyGoesOnWhereItStopped()
    {
        const MessageId id = addReply().id;
        m_client->append(id, PartKind::Answer, "first");
        m_client->finish(id, MessageState::Stopped);
        m_client->value<Done>([&](auto done) { m_client->store().reopenMessage(id, done); });
        QCOMPARE(m_client->load(m_conversation).messages.back().state, MessageState::Streaming);
        m_client->append(id, PartKind::Answer, " second");
        m_client->finish(id);
        const MessageRecord back = stored(id);
        QCOMPARE(back.state, MessageState::Complete);
        QCOMPARE(back.parts.size(), std::size_t(1));
        QCOMPARE(textOf(back), std::string("first second"));
    }

    void restartMarksStreamingAsInterruptedAndKeepsTheText()
    {
        const MessageId id = addReply().id;
        m_client->append(id, PartKind::Thinking, "so far");
        m_client->append(id, PartKind::Thinking, ", so good");
        const MessageRecord back = stored(id);
        QCOMPARE(back.state, MessageState::Interrupted);
        QCOMPARE(textOf(back), std::string("so far, so good"));
        QVERIFY(!back.damaged);
        QCOMPARE(m_client->integrity(), std::string("ok"));
    }

    void unknownMessagesAreRefusedByName()
    {
        const auto missing = [this](auto call) {
            const Result<Done> result = m_client->result<Done>(call);
            return !result.value && result.failure && result.failure->code == ErrorCode::NotFound &&
                   result.failure->sentence.find("4711") != std::string::npos &&
                   result.failure->sentence.find(file()) != std::string::npos;
        };
        ConversationStore &store = m_client->store();
        QVERIFY(missing([&](auto done) { store.appendText(4711, PartKind::Answer, "x", done); }));
        QVERIFY(missing([&](auto done) { store.finishMessage(4711, MessageState::Complete, true, {}, {}, done); }));
        QVERIFY(missing([&](auto done) { store.reopenMessage(4711, done); }));
        QVERIFY(missing([&](auto done) { store.setCurrentLeaf(m_conversation, 4711, done); }));
        const auto orphan = m_client->result<MessageRecord>(
            [&](auto done) { store.addMessage(question(m_conversation, 4711, "x"), done); });
        QCOMPARE(orphan.failure->code, ErrorCode::NotFound);
        const auto homeless =
            m_client->result<MessageRecord>([&](auto done) { store.addMessage(question(4711, 0, "x"), done); });
        QCOMPARE(homeless.failure->code, ErrorCode::NotFound);
    }

    void parentOfAnotherConversationIsRefused()
    {
        const MessageId foreign = m_client->add(question(m_client->create("Other").id, 0, "x")).id;
        const auto result = m_client->result<MessageRecord>(
            [&](auto done) { m_client->store().addMessage(question(m_conversation, foreign, "y"), done); });
        QCOMPARE(result.failure->code, ErrorCode::NotFound);
        QVERIFY(m_client->load(m_conversation).messages.empty());
    }

    void oneFailingCallInABatchTakesNoOtherWithIt()
    {
        const MessageId id = addReply().id;
        int done = 0;
        int failed = 0;
        const auto count = [&](Result<Done> result) { ++(result.value ? done : failed); };
        for (int i = 0; i < 100; ++i) // faster than the thread can run them one by one
            m_client->store().appendText(i % 10 == 3 ? 4711 : id, PartKind::Answer, std::to_string(i) + " ", count);
        m_client->list(); // behind them all
        QCOMPARE(done, 90);
        QCOMPARE(failed, 10);
        std::string expected;
        for (int i = 0; i < 100; ++i)
            expected += i % 10 == 3 ? "" : std::to_string(i) + " ";
        QCOMPARE(textOf(stored(id)), expected);
    }

    void queuedWritesAreFinishedBeforeClosing()
    {
        const MessageId id = addReply().id;
        for (int i = 0; i < 200; ++i)
            m_client->store().appendText(id, PartKind::Answer, "x", {});
        QCOMPARE(textOf(stored(id)).size(), std::size_t(200));
    }

    void completionsRunOnTheDeliveringThreadInOrder()
    {
        std::vector<int> order;
        for (int i = 0; i < 50; ++i)
            m_client->store().renameConversation(m_conversation, "n", [&, i](Result<Done>) { order.push_back(i); });
        QVERIFY(order.empty()); // nothing runs before it is delivered
        m_client->list();
        QCOMPARE(order.size(), std::size_t(50));
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }
};

QTEST_GUILESS_MAIN(MessagesTest)
#include "tst_messages.moc"
