#pragma once
// The inside of MainWindow: its widgets, what it knows about the conversation shown, and the wiring between them.

#include "engine/error.h"
#include "ui/error_text.h"
#include "ui/main_window.h"
#include "ui/window/commands.h"

#include <QFrame>
#include <QPointer>
#include <QSplitter>
#include <functional>
#include <optional>
#include <vector>

namespace ui {

class ChatPage;
class PromptWindow;
class Sidebar;
class Toast;

/// What is said about a model that was being opened when the program ended.
struct UnopenedModel {
    QString path;
    bool offerBundled = false;
};

class MainWindow::Parts : public QObject {
public:
    Parts(MainWindow *window, const UiSettings &settings);

    void applySettings(const UiSettings &settings);
    void rememberPlaces(); ///< geometry and splitter into the settings
    void retranslate();
    void updateActions();
    void updateTitle();
    void showMessage(const TranscriptMessage &message); ///< replaces what is known about it
    void showReadyModel(const engine::ModelInfo &info);
    /// `kept`: name of the model that answers all the same.
    void showModelFailure(const std::optional<engine::Failure> &wanted, const QString &kept = {});
    void showDeviceFailure(const engine::Failure &wanted);
    void continueReply(storage::MessageId reply); ///< on the CPU where the device of the model has failed
    void showSaveFailure(const std::optional<StorageFailure> &wanted);
    void showUnopened(const UnopenedModel &model);
    void showLibrary(bool shown);
    void leaveAfterOpening();    ///< a model that was chosen in the library is there: on with the chat
    QString deletedText() const; ///< of the newest deletion
    void showUsage();            ///< context of the newest reply that has figures
    void conversationsChanged(); ///< title, actions and the empty list follow
    void setSidebarVisible(bool visible);
    void showModelChoices(); ///< what the model shown leaves to the user, and what its authors advise
    void promptChanged();    ///< the exact prompt, if it is open, follows

    MainWindow *window;
    UiSettings settings;
    Commands *commands = nullptr;
    QSplitter *splitter = nullptr;
    Sidebar *sidebar = nullptr;
    ChatPage *chat = nullptr;
    Toast *toast = nullptr;
    QFrame *dropHint = nullptr;
    QPointer<PromptWindow> prompt; ///< while it is open

    bool generating = false;
    bool modelReady = false;
    bool openingFromLibrary = false;
    std::vector<std::pair<storage::ConversationId, QString>> deleted; ///< with titles; the last one is undone first
    std::optional<engine::Failure> modelFailure;
    QString keptModel;                            ///< beside modelFailure
    QString failedModel;                          ///< the same: its folder
    std::optional<engine::Failure> deviceFailure; ///< of the device of the model shown
    std::optional<UnopenedModel> unopened;
    std::optional<StorageFailure> saveFailure;
    std::optional<StorageFailure> failure;   ///< of something the user asked for
    std::vector<TranscriptMessage> messages; ///< of the branch shown, without their texts

private:
    void build();
    void connectWidgets();
    void connectCommands();
    void connectSettingsCommands();
    void connectLibrary();
    void answerNotice(int which);
    void on(Command command, const std::function<void()> &act);
    void change(const std::function<void(UiSettings &)> &edit); ///< applies at once and tells the owner
    void restorePlaces();
    const TranscriptMessage *find(storage::MessageId id) const;
    const TranscriptMessage *continuable() const;
    const TranscriptMessage *failedReply() const; ///< at the end of the branch shown; null: it did not fail
    storage::MessageId regenerable() const;       ///< 0: none
    void translateNotices();
    QString modelFailureText() const;
    bool couldUseCpu() const; ///< what failed is the device, not the model
    void translateModelNotice();
    void stepBranch(int step);
    void copy();
    void openModel();
    void addLibraryFolder();
    void openSettings();
    void openPrompt(storage::MessageId reply); ///< 0: of the next message
    void undoDelete();
    void sendExample(const QString &question);
};

} // namespace ui
