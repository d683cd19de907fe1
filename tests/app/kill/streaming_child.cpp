#include "tests/app/kill/streaming_child.h"

#include "app/application.h"

#include <QApplication>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace {

long long microseconds()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// Unbuffered and in one write, so that a kill cannot swallow or tear a line that was announced.
void announce(const QByteArray &line)
{
    std::fwrite(line.constData(), 1, static_cast<std::size_t>(line.size()), stdout);
    std::fflush(stdout);
}

app::ApplicationOptions options(char **argv)
{
    app::ApplicationOptions options;
    options.dataFolder = QString::fromLocal8Bit(argv[2]);
    options.settingsFile = options.dataFolder + "/bathyscope.ini";
    options.modelFolder = QString::fromLocal8Bit(argv[3]);
    options.engine.threads = 1;
    return options;
}

class Continuation {
public:
    explicit Continuation(app::Application &program) : m_program(program)
    {
        QObject::connect(&program.generation(), &app::GenerationController::modelLoaded, &program, [this] { begin(); });
        QObject::connect(&program.generation(), &app::GenerationController::replyEnded, &program,
                         [this](const auto &, const app::ReplyEnd &end) { ended(end); });
    }

private:
    void begin()
    {
        m_program.store().listConversations([this](const auto &result) {
            if (result.value->empty())
                return QApplication::exit(2);
            // Not the first of the list: the end of the reply before may have been written after this one began.
            m_conversation =
                std::max_element(result.value->begin(), result.value->end(), [](const auto &a, const auto &b) {
                    return a.id < b.id;
                })->id;
            m_program.chat().select(m_conversation);
            m_program.store().loadConversation(m_conversation, [this](const auto &loaded) { goOn(*loaded.value); });
        });
    }

    void goOn(const storage::ConversationContent &content)
    {
        if (content.messages.empty() || content.messages.back().state != storage::MessageState::Interrupted)
            return QApplication::exit(0); // it had ended before the kill
        m_program.chat().continueReply(content.messages.back().id);
    }

    void ended(const app::ReplyEnd &end)
    {
        if (end.state == storage::MessageState::Failed) {
            std::fprintf(stderr, "%s\n", end.failure.sentence.c_str());
            return QApplication::exit(1);
        }
        if (std::exchange(m_asked, true))
            return QApplication::exit(0);
        QTimer::singleShot(0, &m_program, [this] { m_program.chat().send("And then?"); });
    }

    app::Application &m_program;
    storage::ConversationId m_conversation = 0;
    bool m_asked = false;
};

} // namespace

int runContinuingChild(int argc, char **argv)
{
    QApplication application(argc, argv);
    app::Application program(options(argv));
    const Continuation continuation(program);
    program.show();
    return QApplication::exec();
}

int runStreamingChild(int argc, char **argv)
{
    QApplication application(argc, argv);
    app::Application program(options(argv));

    QObject::connect(&program.chat(), &app::ChatController::userMessageSaved, &application, [](const auto &message) {
        announce(QString("sent %1 %2\n").arg(microseconds()).arg(message.id).toUtf8());
    });
    QObject::connect(&program.generation(), &app::GenerationController::textArrived, &application,
                     [](const app::ReplyTarget &target, storage::PartKind kind, const std::string &text) {
                         announce(QString("text %1 %2 %3 ")
                                      .arg(microseconds())
                                      .arg(target.message)
                                      .arg(kind == storage::PartKind::Thinking ? 'T' : 'A')
                                      .toUtf8() +
                                  QByteArray::fromStdString(text).toHex() + '\n');
                     });
    const auto sendNext = [&program] {
        program.chat().newConversation();
        program.chat().send("What is 47*86?");
    };
    QObject::connect(&program.generation(), &app::GenerationController::modelLoaded, &application, sendNext);
    QObject::connect(&program.generation(), &app::GenerationController::replyEnded, &application,
                     [&application, sendNext](const app::ReplyTarget &target) {
                         announce(QString("end %1 %2\n").arg(microseconds()).arg(target.message).toUtf8());
                         QTimer::singleShot(0, &application, sendNext);
                     });
    QObject::connect(&program.generation(), &app::GenerationController::modelLoadFailed, &application,
                     [](const engine::ModelLoadFailed &event) {
                         std::fprintf(stderr, "%s\n", event.failure.sentence.c_str());
                         std::_Exit(2);
                     });
    program.show();
    return QApplication::exec();
}
