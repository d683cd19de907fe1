// The list of conversations: order, title, trash.

#include "tests/storage/support/store_client.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace storage;
using namespace storage::testing;

class ConversationsTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<StoreClient> m_client;

    std::string file() const { return m_folder->filePath("history.sqlite").toStdString(); }
    void reopen()
    {
        m_client.reset();
        m_client = std::make_unique<StoreClient>(file());
    }
    std::string titles()
    {
        std::string all;
        for (const ConversationSummary &summary : m_client->list())
            all += summary.title;
        return all;
    }
    ErrorCode codeOf(const Result<Done> &result) { return result.failure ? result.failure->code : ErrorCode::Internal; }

private slots:
    void init()
    {
        m_client.reset();
        m_folder = std::make_unique<QTemporaryDir>();
        m_client = std::make_unique<StoreClient>(file());
    }

    void newHistoryIsEmpty() { QVERIFY(m_client->list().empty()); }

    void summaryComesBack()
    {
        const ConversationSummary made = m_client->create("Wörter zählen");
        const MessageRecord message = m_client->add(question(made.id, 0, "?"));
        m_client->value<Done>([&](auto done) { m_client->store().setPinned(made.id, true, done); });
        m_client->value<Done>([&](auto done) { m_client->store().renameConversation(made.id, "Neu", done); });
        reopen();
        const ConversationSummary back = m_client->list().at(0);
        QCOMPARE(back.id, made.id);
        QCOMPARE(back.title, std::string("Neu"));
        QCOMPARE(back.pinned, true);
        QCOMPARE(back.createdAt, made.createdAt);
        QVERIFY(back.updatedAt >= made.updatedAt);
        QCOMPARE(back.currentLeaf, message.id);
    }

    void pinnedComeFirstThenTheNewest()
    {
        const ConversationId a = m_client->create("a").id;
        const ConversationId b = m_client->create("b").id;
        m_client->create("c");
        QCOMPARE(titles(), std::string("cba"));
        const MessageId message = m_client->add(reply(a, 0)).id;
        QCOMPARE(titles(), std::string("acb"));
        m_client->add(question(b, 0, "x"));
        QCOMPARE(titles(), std::string("bac"));
        m_client->finish(message);
        QCOMPARE(titles(), std::string("abc"));
        m_client->value<Done>([&](auto done) { m_client->store().setPinned(b, true, done); });
        QCOMPARE(titles(), std::string("bac"));
        reopen();
        QCOMPARE(titles(), std::string("bac"));
        m_client->create("d");
        QCOMPARE(titles(), std::string("bdac"));
    }

    void changedConversationIsNewer()
    {
        const ConversationSummary made = m_client->create("a");
        QTest::qWait(5);
        const MessageId id = m_client->add(reply(made.id, 0)).id;
        const std::int64_t added = m_client->list().at(0).updatedAt;
        QVERIFY(added > made.updatedAt);
        QTest::qWait(5);
        m_client->finish(id);
        QVERIFY(m_client->list().at(0).updatedAt > added);
    }

    void deletedConversationGoesToTheTrashAndComesBack()
    {
        const ConversationId id = m_client->create("a").id;
        m_client->add(question(id, 0, "kept"));
        m_client->remove(id);
        QVERIFY(m_client->list().empty());
        reopen();
        QVERIFY(m_client->list().empty());
        m_client->value<Done>([&](auto done) { m_client->store().restoreConversation(id, done); });
        QCOMPARE(titles(), std::string("a"));
        QCOMPARE(textOf(m_client->load(id).messages.at(0)), std::string("kept"));
    }

    void purgeErasesOnlyWhatWasDeletedBefore()
    {
        const ConversationId old = m_client->create("old").id;
        m_client->remove(old);
        QTest::qWait(5);
        const ConversationId kept = m_client->create("kept").id;
        const std::int64_t between = m_client->load(kept).summary.createdAt;
        m_client->remove(kept);
        m_client->create("shown");
        m_client->purge(between);
        const auto gone =
            m_client->result<ConversationContent>([&](auto done) { m_client->store().loadConversation(old, done); });
        QCOMPARE(gone.failure->code, ErrorCode::NotFound);
        QCOMPARE(m_client->load(kept).summary.title, std::string("kept"));
        QCOMPARE(titles(), std::string("shown"));
    }

    void purgedTextIsInNoFileOfTheDatabase()
    {
        const ConversationId id = m_client->create("secret-title").id;
        MessageId parent = 0;
        for (int i = 0; i < 50; ++i)
            parent = m_client->add(question(id, parent, "canary-4f1d " + std::string(2000, 'z'))).id;
        const MessageId streamed = m_client->add(reply(id, parent)).id;
        m_client->append(streamed, PartKind::Answer, "canary-4f1d");
        m_client->append(streamed, PartKind::Answer, "canary-4f1d");
        m_client->remove(id);
        m_client->purge(std::numeric_limits<std::int64_t>::max());
        for (const std::string &name : {file(), file() + "-wal"}) {
            QFile bytes(QString::fromStdString(name));
            QVERIFY(bytes.open(QFile::ReadOnly));
            const QByteArray all = bytes.readAll();
            QVERIFY2(!all.contains("canary-4f1d"), name.c_str());
            QVERIFY2(!all.contains("secret-title"), name.c_str());
        }
    }

    void veryLongChainCanBePurged()
    {
        const ConversationId id = m_client->create("long").id;
        MessageId parent = 0;
        for (int i = 0; i < 1500; ++i)
            parent = m_client->add(question(id, parent, "x")).id;
        m_client->remove(id);
        m_client->purge(std::numeric_limits<std::int64_t>::max());
        QCOMPARE(m_client->integrity(), std::string("ok"));
    }

    void idsAreNeverUsedAgain()
    {
        const ConversationId id = m_client->create("a").id;
        const MessageId message = m_client->add(question(id, 0, "x")).id;
        m_client->remove(id);
        m_client->purge(std::numeric_limits<std::int64_t>::max());
        reopen();
        const ConversationId next = m_client->create("b").id;
        QVERIFY(next > id);
        QVERIFY(m_client->add(question(next, 0, "x")).id > message);
    }

    void unknownConversationIsRefusedByName()
    {
        ConversationStore &store = m_client->store();
        using Call = std::function<void(Completion<Done>)>;
        const std::vector<Call> calls = {
            [&](auto done) { store.renameConversation(4711, "x", done); },
            [&](auto done) { store.setPinned(4711, true, done); },
            [&](auto done) { store.deleteConversation(4711, done); },
            [&](auto done) { store.restoreConversation(4711, done); },
            [&](auto done) { store.setCurrentLeaf(4711, 0, done); },
        };
        for (const Call &call : calls) {
            const Result<Done> result = m_client->result<Done>(call);
            QCOMPARE(codeOf(result), ErrorCode::NotFound);
            QVERIFY(result.failure->sentence.find("4711") != std::string::npos);
            QCOMPARE(result.failure->file, file());
        }
    }
};

QTEST_GUILESS_MAIN(ConversationsTest)
#include "tst_conversations.moc"
