#pragma once
// The one window: conversations left, the chat right, the model bar above it. It shows values and emits wishes;
// it never touches engine, store or settings files. UI thread only.

#include "engine/generation.h"
#include "engine/model_library.h"
#include "storage/records.h"
#include "ui/error_text.h"
#include "ui/precision.h"
#include "ui/shown_prompt.h"
#include "ui/transcript_message.h"
#include "ui/ui_settings.h"

#include <QMainWindow>
#include <functional>
#include <memory>
#include <vector>

namespace ui {

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(const UiSettings &settings, QWidget *parent = nullptr);
    ~MainWindow() override;

    // --- model -------------------------------------------------------------------------------
    void showModelLoading(const QString &folder);
    void showModelProgress(const engine::ModelLoadProgress &progress);
    void showModel(const engine::ModelInfo &info);
    /// `kept` answers as before; without a name there is none. A load that was cancelled is no news.
    void showModelFailure(const engine::Failure &failure, const QString &folder, const engine::ModelInfo &kept = {});

    /// A model that was being opened when the program ended is not opened by itself again; emits openModelRequested,
    /// openBundledModelRequested (unless it is that one) or shows the library.
    void showUnopenedModel(const QString &path, bool offerBundled);

    /// The device of the model failed while it computed. Emits continueOnCpuRequested or restartRequested.
    void showDeviceFailure(const engine::Failure &failure);
    void showDeviceUsage(const engine::DeviceUsage &usage);

    // --- library: the models of this computer -----------------------------------------------------
    void beginLibraryScan(const std::vector<engine::ModelPlace> &places); ///< what is looked through
    void addLibraryModels(const std::vector<engine::ModelEntry> &entries);
    void endLibraryScan(const std::vector<engine::PlaceReport> &reports);
    void setAvailableMemory(std::uint64_t bytes); ///< the plans in the library follow
    void
    setDevices(const engine::DeviceList &list); ///< to choose from there; the memory of the one chosen is available
    void setDevice(const QString &id);          ///< that models are opened on unless another one is chosen there
    void showLibrary(bool shown);               ///< in the place of the chat
    bool showsLibrary() const;

    // --- conversation list ---------------------------------------------------------------------
    void setConversations(std::vector<storage::ConversationSummary> conversations);
    void updateConversation(const storage::ConversationSummary &conversation); ///< inserts when new
    void removeConversation(storage::ConversationId id);
    void setCurrentConversation(storage::ConversationId id); ///< 0 = a new, still unsaved one
    /// "Conversation deleted. Undo": emits undoDeleteRequested when taken.
    void offerUndoDelete(storage::ConversationId id, const QString &title);

    // --- transcript ----------------------------------------------------------------------------
    void showTranscript(std::vector<TranscriptMessage> messages); ///< the branch shown, root first
    void appendMessage(const TranscriptMessage &message);
    void appendText(storage::MessageId id, storage::PartKind kind, const QString &text);
    /// Streaming: text, then figures; `routes` are the expert ids of the newest token [MoE layers, k], empty if none.
    void showLive(storage::MessageId id, const LiveStatistics &live, const std::vector<std::uint16_t> &routes);
    /// State, final statistics and closed thinking block of a reply that ended (text is not replaced).
    void finishMessage(const TranscriptMessage &message);
    void setGenerating(bool generating); ///< Send becomes Stop

    // --- exact prompt --------------------------------------------------------------------------
    /// Answers to promptRequested.
    void showPrompt(const ShownPrompt &prompt);
    void showPromptFailure(const engine::Failure &failure);

    // --- notices -------------------------------------------------------------------------------
    void showNotice(const QString &sentence);        ///< a bar across the top; empty hides it
    void showFailure(const StorageFailure &failure); ///< the same bar; its text follows the language
    /// What was said is not saved yet: a bar of its own with Retry, which nothing else replaces and nobody can close.
    void showSaveFailure(const StorageFailure &failure);
    void clearSaveFailure();
    QString draft() const;
    void setDraft(const QString &text);
    void applySettings(const UiSettings &settings);     ///< theme, language, fonts: at once
    void setCloseGuard(std::function<bool()> mayClose); ///< asked before the window closes; false keeps it open

signals:
    void newConversationRequested();
    void conversationSelected(storage::ConversationId id);
    void renameRequested(storage::ConversationId id, const QString &title);
    void pinRequested(storage::ConversationId id, bool pinned);
    void deleteRequested(storage::ConversationId id);
    void undoDeleteRequested(storage::ConversationId id);
    void sendRequested(const QString &text);
    void stopRequested();
    void regenerateRequested(storage::MessageId reply);
    void editRequested(storage::MessageId userMessage, const QString &text);
    void continueRequested(storage::MessageId reply);
    void branchRequested(storage::MessageId message, int branch); ///< show alternative number `branch`
    void promptRequested(const ui::PromptWish &wish);             ///< again whenever what is shown may have changed
    /// `contextLength`: tokens, 0 = as the model comes. `device` empty: the one that is used otherwise.
    void openModelRequested(const QString &path, int contextLength = 0, const QString &device = {},
                            ui::Precision precision = {});
    /// Opens the same model on the CPU and goes on with this reply; 0: there is none to go on with.
    void continueOnCpuRequested(storage::MessageId reply);
    void restartRequested(); ///< of the program, after which a device that failed can be used again
    void cancelLoadRequested();
    void openBundledModelRequested();
    void libraryShown(); ///< it came up: models are wanted
    void libraryRescanRequested();
    void libraryFolderAdded(const QString &folder);
    void libraryFolderRemoved(const QString &folder);
    void settingsChanged(const ui::UiSettings &settings);
    void retryRequested();
    void closing(); ///< the window was closed; geometry is in settings already

protected:
    bool event(QEvent *event) override;
    void changeEvent(QEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    class Parts;
    std::unique_ptr<Parts> m_parts;
    std::function<bool()> m_mayClose;
};

} // namespace ui
