// Entry of the GUI.

#include "app/application.h"
#include "app/failure_text.h"
#include "app/paths.h"
#include "app/single_instance.h"
#include "app/start_up.h"
#include "ui/start_up.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QMessageBox>
#include <QProcess>
#include <QTextStream>
#include <exception>
#include <sys/stat.h>

namespace {

app::ApplicationOptions parseOptions(const QApplication &application)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "Chat with DeepSeek models and see how they think."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption model("model", QCoreApplication::translate("main", "Model folder or GGUF file to open."),
                                   "folder");
    const QCommandLineOption data("data-dir", QCoreApplication::translate("main", "Folder of the history."), "folder");
    const QCommandLineOption threads("threads", QCoreApplication::translate("main", "CPU threads."), "number");
    const QCommandLineOption device(
        "device", QCoreApplication::translate("main", "Where to compute, as bathyscope-cli devices lists it."), "id");
    parser.addOptions({model, data, threads, device});
    parser.process(application);

    app::ApplicationOptions options;
    options.modelFolder = parser.value(model);
    options.dataFolder = parser.isSet(data) ? parser.value(data) : app::dataFolder();
    options.settingsFile = parser.isSet(data) ? parser.value(data) + "/bathyscope.ini" : app::settingsFile();
    options.engine.threads = parser.value(threads).toInt();
    if (parser.isSet(device))
        options.device = parser.value(device);
    return options;
}

/// The last thing the program says.
int fail(const std::exception &error)
{
    const QString text = app::failureText(engine::Failure{engine::ErrorCode::Internal, {}, {}, error.what()});
    QTextStream(stderr) << text << '\n';
    QMessageBox box(QMessageBox::Critical, "Bathyscope", text, QMessageBox::Close);
    box.setTextFormat(Qt::PlainText);
    box.exec();
    return 1;
}

app::RecoveryChoice ask(const storage::Error &error, bool backupExists)
{
    QTextStream(stderr) << error.what() << '\n'; // for whoever started it without a screen
    return app::askAfterRefusal(error, backupExists);
}

void sayAlreadyOpen(const app::ApplicationOptions &options)
{
    QTextStream(stdout) << QCoreApplication::translate("main", "%1 is already open; its window was raised.")
                               .arg(QString::fromStdString(app::historyFile(options)))
                        << '\n';
}

/// `restart`: the program is to be begun anew once everything of this one is gone.
int run(const app::ApplicationOptions &options, bool &restart)
{
    app::SingleInstance instance(options.dataFolder);
    if (instance.raiseOther()) {
        sayAlreadyOpen(options);
        return 0;
    }
    const auto program = app::openApplication(options, ask);
    if (!program)
        return 1;
    instance.listen();
    ui::MainWindow &window = program->window();
    QObject::connect(&instance, &app::SingleInstance::raiseRequested, &window, [&window] {
        window.setWindowState(window.windowState() & ~Qt::WindowMinimized);
        window.raise();
        window.activateWindow();
    });
    program->show();
    const int result = QApplication::exec();
    restart = program->restartWanted();
    return result;
}

} // namespace

int main(int argc, char *argv[])
{
    // The history and the settings are private.
    umask(077);
    QApplication application(argc, argv);
    QCoreApplication::setApplicationName("bathyscope");
    QCoreApplication::setApplicationVersion(BATHYSCOPE_VERSION);
    QGuiApplication::setApplicationDisplayName("Bathyscope");
    QGuiApplication::setDesktopFileName("org.bathyscope.Bathyscope");

    const app::ApplicationOptions options = parseOptions(application);
    ui::applyAtStartUp(app::loadSettings(options.settingsFile).ui);
    try {
        bool again = false;
        const int result = run(options, again);
        if (again)
            QProcess::startDetached(QCoreApplication::applicationFilePath(), QCoreApplication::arguments().mid(1));
        return result;
    } catch (const std::exception &error) {
        return fail(error);
    }
}
