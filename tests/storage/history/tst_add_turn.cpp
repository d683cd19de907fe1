// A question and its reply are written together, with their conversation if it is new.

#include "tests/storage/support/store_client.h"

#include <QTemporaryDir>
#include <QTest>

using namespace storage;
using namespace storage::testing;

class AddTurnTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<StoreClient> m_client;

    Result<Turn> add(const ConversationSummary &conversation, MessageId parent)
    {
        const Turn turn{conversation, question(0, parent, "How many?"), reply(0, 0)};
        return m_client->result<Turn>([&](auto done) { m_client->store().addTurn(turn, done); });
    }
    static ConversationSummary titled(const char *title)
    {
        ConversationSummary conversation;
        conversation.title = title;
        return conversation;
    }

private slots:
    void init()
    {
        m_client.reset();
        m_folder = std::make_unique<QTemporaryDir>();
        m_client = std::make_unique<StoreClient>(m_folder->filePath("history.sqlite").toStdString());
    }

    void aNewConversationComesWithItsFirstTurn()
    {
        const Turn turn = *add(titled("New"), 0).value;
        const ConversationContent content = m_client->load(turn.conversation.id);
        QCOMPARE(content.summary.title, std::string("New"));
        QCOMPARE(content.messages.size(), std::size_t(2));
        QCOMPARE(describe(content.messages[0]), describe(turn.question));
        QCOMPARE(content.messages[1].parent, turn.question.id);
        QCOMPARE(content.summary.currentLeaf, turn.reply.id);
        QCOMPARE(turn.conversation.currentLeaf, turn.reply.id);
    }

    void aSystemPromptGoesAboveTheQuestion()
    {
        Turn turn{titled("New"), question(0, 0, "How many?"), reply(0, 0)};
        turn.system = question(0, 0, "Be brief.");
        turn.system->role = MessageRole::System;
        const Turn added = *m_client->result<Turn>([&](auto done) { m_client->store().addTurn(turn, done); }).value;
        const ConversationContent content = m_client->load(added.conversation.id);
        QCOMPARE(content.messages.size(), std::size_t(3));
        QVERIFY(content.messages[0].role == MessageRole::System);
        QCOMPARE(content.messages[0].parent, MessageId(0));
        QCOMPARE(content.messages[1].parent, added.system->id);
        QCOMPARE(content.messages[2].parent, added.question.id);
        QCOMPARE(content.summary.currentLeaf, added.reply.id);
    }

    void theNextTurnGoesBelowItsParent()
    {
        const Turn first = *add(titled("New"), 0).value;
        const Turn second = *add(first.conversation, first.reply.id).value;
        QCOMPARE(second.conversation.id, first.conversation.id);
        QCOMPARE(second.question.parent, first.reply.id);
        QCOMPARE(m_client->load(first.conversation.id).messages.size(), std::size_t(4));
    }

    void aTurnThatFailsLeavesNothingBehind()
    {
        const Result<Turn> refused = add(titled("New"), 12345); // there is no such parent
        QVERIFY(refused.failure && refused.failure->code == ErrorCode::NotFound);
        QVERIFY(m_client->list().empty());
    }
};

QTEST_GUILESS_MAIN(AddTurnTest)
#include "tst_add_turn.moc"
