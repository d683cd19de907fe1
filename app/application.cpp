#include "app/application.h"

#include "app/close_dialog.h"
#include "app/failure_text.h"

#include <QDir>
#include <QFileInfo>

namespace app {

namespace {

constexpr qint64 trashMilliseconds = 30LL * 24 * 60 * 60 * 1000;

} // namespace

std::string historyFile(const ApplicationOptions &options)
{
    return (options.dataFolder + "/history.sqlite3").toStdString();
}

Application::Application(ApplicationOptions options)
    : m_options(std::move(options)), m_settings(loadSettings(m_options.settingsFile)), m_marker(m_options.dataFolder),
      m_store(historyFile(m_options),
              [this] {
                  QMetaObject::invokeMethod(
                      this, [this] { m_store.deliverCompletions(); }, Qt::QueuedConnection);
              }),
      m_window(m_settings.ui), m_generation(m_store, m_options.engine), m_chat(m_window, m_store, m_generation),
      m_library(m_window, m_options.bundledModels, {m_options.engine.threads})
{
    m_chat.setUiSettings(m_settings.ui);
    connectWindow();
    connectModel();
    connectLibrary();
    m_store.onBackgroundFailure(
        [this](const storage::Failure &failure) { m_window.showFailure(shownFailure(failure)); });
}

Application::~Application()
{
    settle();
    m_generation.finish();
    if (m_generation.loading()) // the user closes the program: nothing has failed
        m_marker.clear();
}

void Application::connectWindow()
{
    connect(&m_window, &ui::MainWindow::settingsChanged, this, &Application::applySettings);
    connect(&m_window, &ui::MainWindow::openModelRequested, this, &Application::openModel);
    connect(&m_window, &ui::MainWindow::openBundledModelRequested, this, [this] { openModel(m_options.bundledModel); });
    connect(&m_window, &ui::MainWindow::closing, this, [this] { m_generation.finish(); });
    m_window.setCloseGuard([this] { return mayClose(); });
}

void Application::connectModel()
{
    connect(&m_generation, &GenerationController::modelLoaded, this, [this](const engine::ModelInfo &info) {
        const QString folder = QString::fromStdString(info.folder);
        loadEnded();
        m_settings.modelFolder = isBundled(folder) ? QString() : folder;
        m_settings.modelContext = m_contextAsked;
        saveSettingsNow();
        if (!m_generation.loading()) // else another one was chosen meanwhile
            m_window.showModel(info);
    });
    connect(&m_generation, &GenerationController::modelLoadFailed, this, [this](const auto &event) {
        loadEnded();
        if (!m_generation.loading())
            m_window.showModelFailure(event.failure, QString::fromStdString(event.folder), m_generation.model());
    });
    connect(&m_generation, &GenerationController::modelLoading, &m_window, &ui::MainWindow::showModelProgress);
    connect(&m_window, &ui::MainWindow::cancelLoadRequested, &m_generation, &GenerationController::cancelLoad);
}

void Application::connectLibrary()
{
    m_library.setFolders(m_settings.libraryFolders);
    connect(&m_library, &LibraryController::foldersChanged, this, [this](const QStringList &folders) {
        m_settings.libraryFolders = folders;
        saveSettingsNow();
    });
}

void Application::loadEnded()
{
    if (!m_generation.loading())
        m_marker.clear();
}

bool Application::isBundled(const QString &path) const
{
    return QDir(path) == QDir(m_options.bundledModel);
}

/// Replies end and are saved, as far as that goes quickly.
void Application::settle()
{
    m_generation.settle([this] { return m_chat.idle(); });
}

bool Application::mayClose()
{
    const int givenBack = m_chat.textsGivenBack();
    for (;;) {
        settle();
        const bool unsent = m_chat.textsGivenBack() != givenBack; // was being saved and stands in the text field again
        if (!unsent && !m_generation.savingHasFailed())
            return true;
        const CloseChoice choice =
            unsent ? CloseChoice::KeepOpen : askBeforeClosing(&m_window, m_generation.unsavedReplies());
        if (choice == CloseChoice::KeepOpen)
            m_generation.resume();
        if (choice != CloseChoice::Retry)
            return choice == CloseChoice::CloseAnyway;
    }
}

void Application::show()
{
    m_window.show();
    m_chat.start();
    loadFirstModel();
    m_store.purgeDeleted(QDateTime::currentMSecsSinceEpoch() - trashMilliseconds, [](const auto &) {});
}

// The bundled model is found anew each time, not remembered: its path changes when the program moves.
void Application::loadFirstModel()
{
    const QString unopened = m_marker.model();
    if (!unopened.isEmpty() && m_options.modelFolder.isEmpty())
        return m_window.showUnopenedModel(unopened, !isBundled(unopened));
    QString folder = m_options.modelFolder;
    int context = 0;
    const bool isFile = QFileInfo(m_settings.modelFolder).isFile(); // GGUF
    if (folder.isEmpty() && (isFile || QFileInfo::exists(m_settings.modelFolder + "/config.json"))) {
        folder = m_settings.modelFolder;
        context = m_settings.modelContext;
    }
    if (folder.isEmpty())
        folder = m_options.bundledModel;
    openModel(folder, context);
}

void Application::openModel(const QString &path, int contextLength)
{
    const QString model = QDir::cleanPath(path);
    m_marker.set(model);
    m_contextAsked = contextLength;
    m_window.showModelLoading(path);
    m_generation.loadModel(model, contextLength);
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
