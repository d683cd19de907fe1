// The program as its user meets it: start with a long history, opening a long conversation, the time from Enter to the
// first token on screen, and how long the frames of a reply keep the window: engine, controllers, storage and all.
//   bench_app [--conversations 5000] [--rounds 15] [--model DIR]
// Prints medians and maxima in milliseconds. Run it on a display (xvfb-run) or with QT_QPA_PLATFORM=offscreen.

#include "app/application.h"
#include "app/paths.h"
#include "tests/bench/stall_watch.h"
#include "ui/transcript/transcript_stage.h"
#include "ui/transcript/transcript_view.h"
#include "ui/window/composer.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cstdio>

namespace {

void fillHistory(const QString &folder, int conversations)
{
    storage::ConversationStore store((folder + "/history.sqlite3").toStdString(), [] {});
    int waiting = 0;
    for (int i = 0; i < conversations; ++i) {
        ++waiting;
        store.createConversation("Conversation " + std::to_string(i), [&](const auto &created) {
            storage::MessageRecord message;
            message.conversation = created.value->id;
            message.parts.push_back({storage::PartKind::Answer, "A question"});
            store.addMessage(message, [&waiting](const auto &) { --waiting; });
        });
        while (waiting > 200)
            store.deliverCompletions();
    }
    while (waiting > 0)
        store.deliverCompletions();
}

constexpr int longMessages = 1000;

storage::ConversationId fillLongConversation(const QString &folder)
{
    storage::ConversationStore store((folder + "/history.sqlite3").toStdString(), [] {});
    storage::MessageRecord message;
    store.createConversation("Long", [&](const auto &created) { message.conversation = created.value->id; });
    while (message.conversation == 0)
        store.deliverCompletions();
    for (int i = 0; i < longMessages; ++i) {
        bool added = false;
        message.role = i % 2 == 0 ? storage::MessageRole::User : storage::MessageRole::Assistant;
        const std::string text = i % 2 == 0 ? "How are experts chosen?" : "The router **scores** every expert.\n\n";
        message.parts = {{storage::PartKind::Answer, text + text + text}};
        store.addMessage(message, [&](const auto &stored) {
            message.parent = stored.value->id;
            added = true;
        });
        while (!added)
            store.deliverCompletions();
    }
    return message.conversation;
}

struct Series {
    std::vector<double> values;

    void print(const char *name)
    {
        std::sort(values.begin(), values.end());
        std::printf("%-52s median %7.1f ms   max %7.1f ms   (%zu runs)\n", name, values[values.size() / 2],
                    values.back(), values.size());
    }
};

double milliseconds(const QElapsedTimer &timer)
{
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

/// From the constructor to the first idle moment of a painted window that shows the whole list.
double startOnce(const app::ApplicationOptions &options)
{
    QElapsedTimer timer;
    timer.start();
    app::Application program(options);
    bool listed = false;
    program.show();
    program.store().listConversations([&listed](const auto &) { listed = true; });
    while (!listed)
        QApplication::processEvents();
    QApplication::processEvents();
    return milliseconds(timer);
}

/// From the click on a conversation to its end painted.
double openOnce(app::Application &program, storage::ConversationId conversation)
{
    auto *view = program.window().findChild<ui::TranscriptView *>();
    program.chat().newConversation();
    QApplication::processEvents();
    QElapsedTimer timer;
    timer.start();
    program.chat().select(conversation);
    while (view->stage()->page().count() < longMessages)
        QApplication::processEvents(QEventLoop::WaitForMoreEvents);
    view->viewport()->repaint();
    return milliseconds(timer);
}

class FirstToken {
public:
    explicit FirstToken(app::Application &program)
        : m_program(program), m_view(program.window().findChild<ui::TranscriptView *>()),
          m_edit(program.window().findChild<ui::ComposerEdit *>())
    {
        QObject::connect(&program.generation(), &app::GenerationController::textArrived, &program,
                         [this] { m_arrived = true; });
        QObject::connect(&program.generation(), &app::GenerationController::replyEnded, &program,
                         [this] { m_ended = true; });
    }

    /// Enter is pressed in the composer; ends when the first text of the reply has been painted.
    double once(const QString &text)
    {
        m_program.chat().newConversation();
        m_arrived = m_ended = false;
        m_edit->setFocus();
        QTest::keyClicks(m_edit, text);
        QElapsedTimer timer;
        timer.start();
        QTest::keyClick(m_edit, Qt::Key_Return);
        while (!m_arrived)
            QApplication::processEvents(QEventLoop::WaitForMoreEvents);
        m_view->stage()->flush(); // what has arrived may still wait for its frame
        m_view->viewport()->repaint();
        const double elapsed = milliseconds(timer);
        while (!m_ended)
            QApplication::processEvents(QEventLoop::WaitForMoreEvents);
        return elapsed;
    }

private:
    app::Application &m_program;
    ui::TranscriptView *m_view;
    ui::ComposerEdit *m_edit;
    bool m_arrived = false;
    bool m_ended = false;
};

void waitForModel(app::Application &program)
{
    QElapsedTimer waited;
    waited.start();
    while (!program.generation().modelReady() && waited.elapsed() < 20'000)
        QApplication::processEvents(QEventLoop::AllEvents, 10);
    if (!program.generation().modelReady())
        qFatal("the model did not load");
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QCommandLineParser parser;
    const QCommandLineOption conversations("conversations", "Length of the history.", "number", "5000");
    const QCommandLineOption rounds("rounds", "Runs of each figure.", "number", "15");
    const QCommandLineOption model("model", "Model folder.", "folder");
    parser.addHelpOption();
    parser.addOptions({conversations, rounds, model});
    parser.process(application);

    const QTemporaryDir folder;
    const storage::ConversationId longest = fillLongConversation(folder.path());
    fillHistory(folder.path(), parser.value(conversations).toInt());
    app::ApplicationOptions options;
    options.dataFolder = folder.path();
    options.settingsFile = folder.filePath("bathyscope.ini");
    options.modelFolder = parser.isSet(model) ? parser.value(model) : app::bundledModelsFolder() + "/nano-r1";

    Series start;
    for (int i = 0; i < parser.value(rounds).toInt(); ++i)
        start.values.push_back(startOnce(options));
    start.print("start to usable window, whole history listed");

    app::Application program(options);
    program.show();
    waitForModel(program);
    Series opened;
    for (int i = 0; i < parser.value(rounds).toInt(); ++i)
        opened.values.push_back(openOnce(program, longest));
    opened.print("open a conversation of 1,000 messages, painted");

    FirstToken measure(program);
    const bench::StallWatch watch(program.window().findChild<ui::TranscriptView *>()->viewport());
    Series first;
    for (int i = 0; i < parser.value(rounds).toInt(); ++i)
        first.values.push_back(measure.once(QString("What is %1*%2?").arg(21 + i).arg(87 - i)));
    first.print("Enter to first token painted");
    std::printf("frames while these replies stream\n");
    watch.report();
    return 0;
}
