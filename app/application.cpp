#include "app/application.h"

#include "app/failure_text.h"
#include "app/paths.h"

#include <QDir>
#include <QFileInfo>

namespace app {

namespace {

std::string historyFile(const ApplicationOptions &options)
{
    return (options.dataFolder + "/history.sqlite3").toStdString();
}

constexpr auto bundledModel = "nano-r1";
constexpr qint64 trashMilliseconds = 30LL * 24 * 60 * 60 * 1000;

} // namespace

Application::Application(ApplicationOptions options)
    : m_options(std::move(options)), m_settings(loadSettings(m_options.settingsFile)),
      m_store(historyFile(m_options),
              [this] {
                  QMetaObject::invokeMethod(
                      this, [this] { m_store.deliverCompletions(); }, Qt::QueuedConnection);
              }),
      m_window(m_settings.ui), m_generation(m_store, m_options.engine), m_chat(m_window, m_store, m_generation)
{
    m_chat.setUiSettings(m_settings.ui);
    connect(&m_window, &ui::MainWindow::settingsChanged, this, &Application::applySettings);
    connect(&m_window, &ui::MainWindow::openModelRequested, this, &Application::openModel);
    connect(&m_window, &ui::MainWindow::closing, this, [this] { m_generation.finish(); });
    connect(&m_generation, &GenerationController::modelLoaded, this, [this](const engine::ModelInfo &info) {
        m_settings.modelFolder = QString::fromStdString(info.folder);
        saveSettingsNow();
        m_window.showModel(info);
    });
    connect(&m_generation, &GenerationController::modelLoadFailed, this, [this](const auto &event) {
        m_window.showModelFailure(event.failure, QString::fromStdString(event.folder));
    });
}

Application::~Application()
{
    m_generation.finish();
}

void Application::show()
{
    m_window.show();
    m_chat.start();
    loadFirstModel();
    m_store.purgeDeleted(QDateTime::currentMSecsSinceEpoch() - trashMilliseconds, [](const auto &) {});
}

// The bundled model is found anew each time: its path changes when the program moves.
void Application::loadFirstModel()
{
    QString folder = m_options.modelFolder;
    if (folder.isEmpty() && QFileInfo::exists(m_settings.modelFolder + "/config.json"))
        folder = m_settings.modelFolder;
    if (folder.isEmpty())
        folder = bundledModelsFolder() + '/' + bundledModel;
    openModel(folder);
}

void Application::openModel(const QString &folder)
{
    m_window.showModelLoading(folder);
    m_generation.loadModel(QDir::cleanPath(folder));
}

void Application::applySettings(const ui::UiSettings &settings)
{
    m_settings.ui = settings;
    m_chat.setUiSettings(settings);
    saveSettingsNow();
}

void Application::saveSettingsNow()
{
    if (!saveSettings(m_options.settingsFile, m_settings))
        m_window.showNotice(tr("The settings could not be written to %1. They hold until the program ends.")
                                .arg(m_options.settingsFile));
}

} // namespace app
