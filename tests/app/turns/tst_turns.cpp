// From a wish to the reply, whatever else is pressed in between. A completion of the store comes with the event loop,
// so what a test does right after a wish happens before that is written.

#include "tests/app/support/model_folder.h"
#include "tests/app/support/program.h"
#include "tests/storage/support/store_client.h"

#include <QSettings>
#include <QTemporaryDir>

using namespace support;
using storage::MessageState;
using storage::PartKind;

namespace {

/// The history an earlier run of the program left. Question 1 of conversation 1, and with `thinking` reply 2 as it was
/// when the program was killed.
void writeHistory(const QString &data, const char *thinking = "", const char *answer = "")
{
    storage::testing::StoreClient store((data + "/history.sqlite3").toStdString());
    const auto conversation = store.create("Earlier").id;
    const auto asked = store.add(storage::testing::question(conversation, 0, "Earlier question")).id;
    if (*thinking == '\0')
        return;
    auto reply = storage::testing::reply(conversation, asked);
    reply.thinkingClosed = false;
    reply.sampler->maxTokens = 32;
    const auto id = store.add(reply).id;
    store.append(id, PartKind::Thinking, thinking);
    if (*answer != '\0')
        store.append(id, PartKind::Answer, answer);
}

} // namespace

class TurnsTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    const QString m_model = m_folder.model();

    QString freshData() { return m_folder.freshData(); }

    /// Opens conversation 1, which an earlier run wrote.
    static bool open(Program &program)
    {
        program.chat().select(1);
        return QTest::qWaitFor([&] { return !program.view().plainText(true).isEmpty(); }, patience);
    }

private slots:
    void theQuestionIsOnDiskBeforeTheEngineIsAsked()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        bool saved = false;
        connect(&program.chat(), &app::ChatController::userMessageSaved, this, [&](const auto &message) {
            saved = true;
            QVERIFY(message.id != 0);
            QVERIFY(!program.generation().generating(message.conversation));
        });
        program.type("Early");
        QVERIFY(ends.wait(patience));
        QVERIFY(saved);
        QCOMPARE(app::textOf(program.messages().front(), PartKind::Answer), std::string("Early"));
    }

    void aReplyComesThoughAnotherChatIsShownMeanwhile()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.type("First chat");
        program.chat().newConversation();
        QVERIFY(ends.wait(patience));
        QCOMPARE(program.chat().current(), storage::ConversationId(0));
        QVERIFY(program.view().plainText(true).isEmpty());
        const auto messages = program.messages(1);
        QCOMPARE(messages.size(), std::size_t(2));
        QVERIFY(ended(messages.back()));

        program.chat().select(1);
        QVERIFY(QTest::qWaitFor([&] { return program.view().plainText(true).contains("First chat"); }, patience));
        program.type("Second question");
        program.chat().newConversation();
        QVERIFY(ends.wait(patience));
        QVERIFY(ended(program.messages(1).back()));
        QCOMPARE(program.messages(1).size(), std::size_t(4));
    }

    void twoNewChatsInARowGetTheirOwnReplies()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.chat().send("One");
        program.chat().newConversation();
        program.chat().send("Two");
        QVERIFY(QTest::qWaitFor([&] { return ends.count() == 2; }, patience));
        QCOMPARE(app::textOf(program.messages(1).front(), PartKind::Answer), std::string("One"));
        QCOMPARE(app::textOf(program.messages(2).front(), PartKind::Answer), std::string("Two"));
        QCOMPARE(program.chat().current(), storage::ConversationId(2));
        QVERIFY(program.view().plainText(false).contains("Two"));
    }

    void whatIsSentTwiceIsAskedOnceAndTheSecondTextIsKept()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.chat().send("Once");
        program.chat().send("Twice");
        QVERIFY(ends.wait(patience));
        QCOMPARE(program.messages().size(), std::size_t(2));
        QCOMPARE(program.application().window().draft(), QString("Twice"));
    }

    void stopBeforeTheEngineIsAskedStopsTheReply()
    {
        Program program(freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.chat().send("Never mind");
        program.chat().stop();
        QVERIFY(ends.wait(patience));
        const auto reply = program.messages().back();
        QCOMPARE(reply.state, MessageState::Stopped);
        QVERIFY(reply.parts.empty());
        QCOMPARE(reply.statistics.value_or(storage::StatisticsRecord{}).promptTokens, 0); // the engine was not asked
    }

    void aNewChatBeginsWithTheSystemPromptAndAnEditedOneIsAnotherBeginning()
    {
        const QString data = freshData();
        QSettings(data + "/bathyscope.ini", QSettings::IniFormat).setValue("chat/systemPrompt", " Be brief. ");
        Program program(data, m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("One"));
        auto messages = program.messages();
        QCOMPARE(messages.size(), std::size_t(3));
        QVERIFY(messages[0].role == storage::MessageRole::System);
        QCOMPARE(app::textOf(messages[0], PartKind::Answer), std::string("Be brief."));
        QCOMPARE(messages[1].parent, messages[0].id);
        QVERIFY(program.view().plainText(false).contains("Be brief."));
        QVERIFY(program.ask("Two"));
        QCOMPARE(program.messages().size(), std::size_t(5)); // once in a conversation

        program.chat().edit(messages[0].id, "Be verbose.");
        QVERIFY(QTest::qWaitFor([&] { return program.view().plainText(false).contains("Be verbose."); }, patience));
        QVERIFY(!program.view().plainText(false).contains("One"));
        QVERIFY(program.ask("Three"));
        messages = program.messages();
        QCOMPARE(messages.size(), std::size_t(8));
        QCOMPARE(messages[5].parent, storage::MessageId(0));
        QCOMPARE(messages[6].parent, messages[5].id);
    }

    void continueTwiceWritesOneContinuation()
    {
        const QString data = freshData();
        writeHistory(data, "half a thought");
        Program program(data, m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(open(program));
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.chat().continueReply(2);
        program.chat().continueReply(2);
        QVERIFY(ends.wait(patience));
        QVERIFY(program.waitUntilSaved());
        QTest::qWait(100);
        QVERIFY(!program.generation().generating(1));
        QCOMPARE(ends.count(), 1);
        QVERIFY(ended(program.messages().back()));
    }

    void aReplyThatWasCutOffInItsAnswerGoesOn()
    {
        const QString data = freshData();
        writeHistory(data, "a thought", "half an ans");
        Program program(data, m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(open(program));
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.chat().continueReply(2);
        QVERIFY(ends.wait(patience));
        const auto continued = program.messages().back();
        QVERIFY(ended(continued));
        QVERIFY(app::textOf(continued, PartKind::Answer).starts_with("half an ans"));
        QVERIFY(program.ask("And then?"));
        QVERIFY(ended(program.messages().back()));
    }

    void aQuestionWithoutAReplyCanBeAskedAgain()
    {
        const QString data = freshData();
        writeHistory(data);
        Program program(data, m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(open(program));
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.chat().regenerate(1);
        QVERIFY(ends.wait(patience));
        const auto messages = program.messages();
        QCOMPARE(messages.size(), std::size_t(2));
        QCOMPARE(messages.back().parent, storage::MessageId(1));
        QVERIFY(ended(messages.back()));
    }

    void nothingIsAskedWhileAModelLoads()
    {
        Program program(freshData(), m_model);
        program.chat().send("Too early");
        QCOMPARE(program.application().window().draft(), QString("Too early"));
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("In time"));
        const auto messages = program.messages();
        QCOMPARE(messages.size(), std::size_t(2));

        emit program.application().window().openModelRequested(m_model);
        QVERIFY(program.generation().modelReady()); // the old one: what it says must not get its name
        program.chat().regenerate(messages.back().id);
        QVERIFY(program.chat().idle());
        program.chat().continueReply(messages.back().id);
        QVERIFY(program.chat().idle());
        QVERIFY(program.waitForModel());
        QCOMPARE(program.messages().size(), std::size_t(2));
    }
};

QTEST_MAIN(TurnsTest)
#include "tst_turns.moc"
