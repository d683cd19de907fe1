// The whole program shows what its engine would be sent: for what is being written, for a reply, with any choice of
// earlier thoughts, and always of the chat that is open.

#include "tests/app/support/model_folder.h"
#include "tests/app/support/program.h"
#include "tests/storage/support/store_client.h"
#include "ui/prompt/prompt_omissions.h"
#include "ui/prompt/prompt_text_view.h"
#include "ui/prompt/prompt_window.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/commands.h"

#include <QComboBox>

using namespace support;
using storage::MessageState;
using storage::PartKind;

namespace {

/// Question 1, reply 2 with a thought, question 3, reply 4.
void writeHistory(const QString &data)
{
    storage::testing::StoreClient store((data + "/history.sqlite3").toStdString());
    const auto conversation = store.create("Earlier").id;
    const auto answer = [&](storage::MessageId parent, const char *thought, const char *text) {
        auto reply = storage::testing::reply(conversation, parent);
        reply.state = MessageState::Complete;
        reply.parts = {{PartKind::Thinking, thought}, {PartKind::Answer, text}};
        reply.thinking.thoughtsShown = storage::ThoughtsShown::All;
        return store.add(reply).id;
    };
    const auto first = store.add(storage::testing::question(conversation, 0, "First question")).id;
    const auto second =
        store.add(storage::testing::question(conversation, answer(first, "a first thought", "Answer one"), "Second"))
            .id;
    answer(second, "another thought", "Answer two");
}

} // namespace

class ExactPromptTest : public QObject {
    Q_OBJECT

    ModelFolder m_folder;
    const QString m_model = m_folder.model();

    static ui::PromptWindow *window(Program &program)
    {
        return program.application().window().findChild<ui::PromptWindow *>();
    }
    static QString text(Program &program)
    {
        ui::PromptWindow *shown = window(program);
        return shown != nullptr && shown->status().isEmpty() ? shown->textView()->toPlainText() : QString();
    }
    static bool becomes(Program &program, const std::function<bool(const QString &)> &wanted)
    {
        return QTest::qWaitFor([&] { return wanted(text(program)); }, patience);
    }
    static void trigger(Program &program, const char *keys)
    {
        for (QAction *action : program.application().window().actions()) {
            if (action->shortcut() == QKeySequence(QLatin1String(keys)))
                action->trigger();
        }
    }
    static bool open(Program &program)
    {
        program.chat().select(1);
        return QTest::qWaitFor([&] { return program.view().plainText(true).contains("Answer two"); }, patience);
    }

private slots:
    void whatIsWrittenIsTheNextQuestion()
    {
        Program program(m_folder.freshData(), m_model);
        QVERIFY(program.waitForModel());
        program.application().window().setDraft("How deep is it?");
        trigger(program, "Ctrl+Shift+P");
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("How deep is it?"); }));
        QVERIFY(text(program).contains(QStringLiteral("<｜Assistant｜>")));
        program.application().window().setDraft("How cold is it?");
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("How cold is it?"); }));
        QVERIFY(!text(program).contains("How deep"));
        program.application().window().setDraft({});
        QVERIFY(becomes(program, [](const QString &text) { return !text.isEmpty() && !text.contains("How"); }));
    }

    void earlierThoughtsAreLeftOutAndCanBeKept()
    {
        const QString data = m_folder.freshData();
        writeHistory(data);
        Program program(data, m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(open(program));
        program.application().window().setDraft("Third");
        trigger(program, "Ctrl+Shift+P");
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("Third"); }));
        QVERIFY(!text(program).contains("thought"));
        QCOMPARE(window(program)->omissions()->cards().size(), std::size_t(2));

        QComboBox *retention = window(program)->retention();
        retention->setFocus();
        QTest::keyClick(retention, Qt::Key_Down); // all
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("a first thought"); }));
        QVERIFY(text(program).contains("another thought"));
        QVERIFY(window(program)->omissions()->cards().empty());
        QTest::keyClick(retention, Qt::Key_Down); // the newest only
        QVERIFY(becomes(program, [](const QString &text) { return !text.contains("a first thought"); }));
        QVERIFY(text(program).contains("another thought"));

        // What is asked is what was shown, and the reply remembers it.
        QVERIFY(program.ask("Third"));
        QVERIFY(program.messages().back().thinking.thoughtsShown == storage::ThoughtsShown::Newest);
        QVERIFY(app::loadSettings(data + "/bathyscope.ini").ui.retention == engine::ThinkingRetention::Newest);
    }

    void aReplysPromptIsTheOneItWasAskedWith()
    {
        const QString data = m_folder.freshData();
        writeHistory(data); // replies that were asked with all thoughts
        Program program(data, m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(open(program));
        program.application().window().setDraft("Not part of it");
        emit program.view().promptRequested(4);
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("Second"); }));
        QVERIFY(text(program).contains("a first thought"));
        QVERIFY(!text(program).contains("Not part of it"));
        QVERIFY(!text(program).contains("Answer two"));
        QVERIFY(!window(program)->retention()->isEnabled());

        program.chat().newConversation(); // the reply is no longer there
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("Not part of it"); }));
        QVERIFY(!text(program).contains("Second"));
        QVERIFY(window(program)->retention()->isEnabled());
    }

    void whatWasComputedIsCached()
    {
        Program program(m_folder.freshData(), m_model);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("Once upon a time"));
        trigger(program, "Ctrl+Shift+P");
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("Once upon a time"); }));
        window(program)->textView()->chooseToken(0);
        QVERIFY2(window(program)->details().contains("cached"), qPrintable(window(program)->details()));
    }

    void whileAReplyIsWrittenTheNextPromptWaits()
    {
        Program program(m_folder.freshData(), m_model);
        QVERIFY(program.waitForModel());
        QSignalSpy ends(&program.generation(), &app::GenerationController::replyEnded);
        program.type("A question");
        trigger(program, "Ctrl+Shift+P");
        QVERIFY(!window(program)->status().isEmpty());
        QVERIFY(ends.wait(patience));
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("A question"); }));
    }

    void theBundledModelsThoughtIsLeftOutOfItsNextPrompt()
    {
        // As a user meets it first: one exchange with the model in the box.
        app::ApplicationOptions options =
            optionsFor(m_folder.freshData(), BATHYSCOPE_SOURCE_DIR "/resources/models/nano-r1");
        options.engine.threads = 2;
        Program program(options);
        QVERIFY(program.waitForModel());
        QVERIFY(program.ask("What is 47*86?"));
        trigger(program, "Ctrl+Shift+P");
        QVERIFY(becomes(program, [](const QString &text) { return text.contains("What is 47*86?"); }));
        QCOMPARE(window(program)->omissions()->cards().size(), std::size_t(1));
        QVERIFY(window(program)->omissions()->tokens() > 10);
    }
};

QTEST_MAIN(ExactPromptTest)
#include "tst_exact_prompt.moc"
