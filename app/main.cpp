// Entry of the GUI.

#include "app/application.h"
#include "app/failure_text.h"
#include "app/paths.h"
#include "app/single_instance.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QMessageBox>
#include <QTextStream>
#include <sys/stat.h>

namespace {

app::ApplicationOptions parseOptions(const QApplication &application)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "Chat with DeepSeek models and see how they think."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption model("model", QCoreApplication::translate("main", "Model folder to open."), "folder");
    const QCommandLineOption data("data-dir", QCoreApplication::translate("main", "Folder of the history."), "folder");
    const QCommandLineOption threads("threads", QCoreApplication::translate("main", "CPU threads."), "number");
    parser.addOptions({model, data, threads});
    parser.process(application);

    app::ApplicationOptions options;
    options.modelFolder = parser.value(model);
    options.dataFolder = parser.isSet(data) ? parser.value(data) : app::dataFolder();
    options.settingsFile = parser.isSet(data) ? parser.value(data) + "/bathyscope.ini" : app::settingsFile();
    options.engine.threads = parser.value(threads).toInt();
    return options;
}

int refuse(const storage::Error &error)
{
    const QString text = app::failureText(storage::Failure{error.code(), error.file(), error.what()});
    QTextStream(stderr) << text << '\n';
    QMessageBox box(QMessageBox::Critical, "Bathyscope", text, QMessageBox::Close);
    box.setTextFormat(Qt::PlainText);
    box.exec();
    return 1;
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
    app::SingleInstance instance(options.dataFolder);
    if (instance.raiseOther())
        return 0;
    try {
        app::Application program(options);
        instance.listen();
        QObject::connect(&instance, &app::SingleInstance::raiseRequested, &program.window(), [&program] {
            program.window().setWindowState(program.window().windowState() & ~Qt::WindowMinimized);
            program.window().raise();
            program.window().activateWindow();
        });
        program.show();
        return QApplication::exec();
    } catch (const storage::Error &error) {
        return refuse(error);
    }
}
