#include "tests/app/kill/streaming_child.h"

#include "app/application.h"

#include <QApplication>
#include <QTimer>
#include <chrono>
#include <cstdio>

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

} // namespace

int runStreamingChild(int argc, char **argv)
{
    QApplication application(argc, argv);
    app::ApplicationOptions options;
    options.dataFolder = QString::fromLocal8Bit(argv[2]);
    options.settingsFile = options.dataFolder + "/bathyscope.ini";
    options.modelFolder = QString::fromLocal8Bit(argv[3]);
    options.engine.threads = 1;
    app::Application program(options);

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
                     [&application, sendNext] { QTimer::singleShot(0, &application, sendNext); });
    QObject::connect(&program.generation(), &app::GenerationController::modelLoadFailed, &application,
                     [](const engine::ModelLoadFailed &event) {
                         std::fprintf(stderr, "%s\n", event.failure.sentence.c_str());
                         std::_Exit(2);
                     });
    program.show();
    return QApplication::exec();
}
