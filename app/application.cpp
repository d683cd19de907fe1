#include "app/application.h"

#include "app/close_dialog.h"
#include "app/failure_text.h"

#include <QDir>
#include <QFileInfo>
#include <utility>

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
      m_library(m_window, m_options.bundledModels, {m_options.engine.threads, m_options.engine.devices})
{
    m_chat.setUiSettings(m_settings.ui);
    connectWindow();
    connectModel();
    connectDevice();
    m_window.setDevice(m_options.device.isEmpty() ? m_settings.device : m_options.device);
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
    connect(&m_generation, &GenerationController::modelLoaded, this, &Application::modelLoaded);
    connect(&m_generation, &GenerationController::modelLoadFailed, this, [this](const auto &event) {
        loadEnded();
        m_continued = 0;
        if (!m_generation.loading())
            m_window.showModelFailure(event.failure, QString::fromStdString(event.folder), m_generation.model());
    });
    connect(&m_generation, &GenerationController::modelLoading, &m_window, &ui::MainWindow::showModelProgress);
    connect(&m_window, &ui::MainWindow::cancelLoadRequested, &m_generation, &GenerationController::cancelLoad);
}

void Application::modelLoaded(const engine::ModelInfo &info)
{
    const QString folder = QString::fromStdString(info.folder);
    loadEnded();
    m_settings.modelFolder = isBundled(folder) ? QString() : folder;
    m_settings.modelContext = m_contextAsked;
    m_settings.modelPrecision = m_precisionAsked;
    if (!m_deviceStandsIn)
        m_settings.device = info.device == engine::cpuDevice ? QString() : QString::fromStdString(info.device);
    saveSettingsNow();
    if (m_generation.loading()) // another one was chosen meanwhile
        return;
    m_window.showModel(info);
    m_window.setDevice(QString::fromStdString(info.device));
    if (const storage::MessageId reply = std::exchange(m_continued, 0))
        m_chat.continueReply(reply);
}

void Application::connectDevice()
{
    connect(&m_generation, &GenerationController::deviceUsageChanged, &m_window, &ui::MainWindow::showDeviceUsage);
    connect(&m_generation, &GenerationController::replyEnded, this, [this](const ReplyTarget &, const ReplyEnd &end) {
        const bool failed = end.state == storage::MessageState::Failed;
        if (failed && end.failure.code == engine::ErrorCode::DeviceFailed)
            m_window.showDeviceFailure(end.failure);
    });
    connect(&m_window, &ui::MainWindow::continueOnCpuRequested, this, &Application::continueOnCpu);
    connect(&m_window, &ui::MainWindow::restartRequested, this, &Application::restart);
}

/// The same model; the device of the last time is tried again when the program is started next.
void Application::continueOnCpu(storage::MessageId reply)
{
    const QString folder = QString::fromStdString(m_generation.model().folder);
    if (folder.isEmpty() || m_generation.loading())
        return;
    openModel(folder, m_contextAsked, QString::fromLatin1(engine::cpuDevice), m_precisionAsked);
    m_deviceStandsIn = true;
    m_continued = reply;
}

void Application::restart()
{
    m_restart = true;
    if (!m_window.close())
        m_restart = false; // something is not saved
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
    ui::Precision precision;
    const bool isFile = QFileInfo(m_settings.modelFolder).isFile(); // GGUF
    const bool isThere = isFile || QFileInfo::exists(m_settings.modelFolder + "/config.json");
    if (folder.isEmpty() && (isThere || m_settings.modelFolder.isEmpty())) {
        folder = m_settings.modelFolder;
        context = m_settings.modelContext;
        precision = m_settings.modelPrecision;
    }
    if (folder.isEmpty())
        folder = m_options.bundledModel;
    openModel(folder, context, {}, precision);
}

void Application::openModel(const QString &path, int contextLength, const QString &device, ui::Precision precision)
{
    const QString chosen =
        device.isEmpty() ? (m_options.device.isEmpty() ? m_settings.device : m_options.device) : device;
    const QString model = QDir::cleanPath(path);
    m_marker.set(model);
    m_contextAsked = contextLength;
    m_precisionAsked = precision;
    m_window.showModelLoading(path);
    m_deviceStandsIn = false;
    m_continued = 0;
    engine::LoadOptions options;
    options.contextLength = contextLength;
    options.device = chosen.toStdString();
    options.activations = precision.activations ? engine::Activations::Fp8 : engine::Activations::Exact;
    options.cache = precision.cache ? engine::CacheFormat::Fp8 : engine::CacheFormat::Automatic;
    m_generation.loadModel(model, options);
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
