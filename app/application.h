#pragma once
// The composition root of the GUI: owns store, engine and window, and connects them. UI thread.

#include "app/chat_controller.h"
#include "app/generation_controller.h"
#include "app/library_controller.h"
#include "app/load_marker.h"
#include "app/paths.h"
#include "app/settings.h"
#include "storage/conversation_store.h"
#include "ui/main_window.h"

#include <QObject>
#include <QString>

namespace app {

struct ApplicationOptions {
    QString dataFolder; ///< holds history.sqlite3
    QString settingsFile;
    QString modelFolder; ///< or GGUF file; empty: the last one used, else the bundled model
    QString bundledModel = app::bundledModelFolder();   ///< where that is now
    QString bundledModels = app::bundledModelsFolder(); ///< and the others that come with the program
    QString device;                                     ///< an id; empty: the one of the last time, else the CPU
    engine::EngineOptions engine;
};

std::string historyFile(const ApplicationOptions &options);

class Application : public QObject {
    Q_OBJECT

public:
    /// Throws storage::Error if the history cannot be opened.
    explicit Application(ApplicationOptions options);
    ~Application() override;

    void show();
    bool restartWanted() const { return m_restart; } ///< the window was closed to begin anew
    ui::MainWindow &window() { return m_window; }
    ChatController &chat() { return m_chat; }
    GenerationController &generation() { return m_generation; }
    LibraryController &library() { return m_library; }
    storage::ConversationStore &store() { return m_store; }

private:
    void connectWindow();
    void connectModel();
    void loadFirstModel();
    void connectLibrary();
    void connectDevice();
    void openModel(const QString &path, int contextLength = 0, const QString &device = {},
                   ui::Precision precision = {});
    void modelLoaded(const engine::ModelInfo &info);
    void continueOnCpu(storage::MessageId reply);
    void restart();
    void loadEnded(); ///< the marker goes when nothing is being opened any more
    bool isBundled(const QString &path) const;
    void applySettings(const ui::UiSettings &settings);
    void saveSettingsNow();
    void settle();
    bool mayClose();

    ApplicationOptions m_options;
    Settings m_settings;
    LoadMarker m_marker;
    ui::Precision m_precisionAsked; ///< the same as the next
    int m_contextAsked = 0;         ///< of the model that was asked for last
    bool m_deviceStandsIn = false;  ///< the same: it is opened on the CPU as its device failed; not to be remembered
    storage::MessageId m_continued = 0; ///< to go on with once that is there
    bool m_restart = false;

    // Construction order; destruction runs the other way: controllers, then window, then store.
    storage::ConversationStore m_store;
    ui::MainWindow m_window;
    GenerationController m_generation;
    ChatController m_chat;
    LibraryController m_library;
};

} // namespace app
