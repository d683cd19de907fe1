#pragma once
// What the window's wishes mean: which conversation is open, what is sent, edited, regenerated, continued, and in what
// order it is saved. The user's message is in the history before the engine is asked. UI thread.

#include "app/conversation_tree.h"
#include "app/generation_controller.h"
#include "storage/conversation_store.h"
#include "ui/main_window.h"

#include <QObject>
#include <map>

namespace app {

class ChatController : public QObject {
    Q_OBJECT

public:
    ChatController(ui::MainWindow &window, storage::ConversationStore &store, GenerationController &generation,
                   QObject *parent = nullptr);

    void start(); ///< shows the conversation list and an empty chat
    void setUiSettings(const ui::UiSettings &settings) { m_settings = settings; }

    storage::ConversationId current() const { return m_current; }

    // What the window asks for; also the entry points of tests.
    void newConversation();
    void select(storage::ConversationId id);
    void send(const QString &text);
    void regenerate(storage::MessageId reply);
    void edit(storage::MessageId userMessage, const QString &text);
    void continueReply(storage::MessageId reply);
    void showBranch(storage::MessageId message, int branch);
    void stop();
    void rename(storage::ConversationId id, const QString &title);
    void pin(storage::ConversationId id, bool pinned);
    void remove(storage::ConversationId id);
    void undoRemove(storage::ConversationId id);

signals:
    void userMessageSaved(const storage::MessageRecord &message); ///< on disk; the engine is asked next

private:
    void connectWindow();
    void connectGeneration();

    void addUserMessage(storage::ConversationId conversation, storage::MessageId parent, const QString &text);
    void createReply(storage::ConversationId conversation, storage::MessageId parent);
    void startReply(ConversationTree &tree, const storage::MessageRecord &reply, bool continuing);
    engine::GenerationRequest requestFor(const ConversationTree &tree, const storage::MessageRecord &reply,
                                         bool continuing) const;
    storage::SamplerRecord samplerForNewReply() const;

    void onText(const ReplyTarget &target, storage::PartKind kind, const std::string &text);
    void onLive(const Reply &reply);
    void onEnd(const ReplyTarget &target, const ReplyEnd &end);

    ConversationTree *tree(storage::ConversationId id);
    void showCurrent();
    void refreshSummary(storage::ConversationId id);
    void forgetIfIdle(storage::ConversationId id);
    void report(const storage::Failure &failure);
    void keepDraft(const QString &text, const storage::Failure &failure);

    ui::MainWindow &m_window;
    storage::ConversationStore &m_store;
    GenerationController &m_generation;
    ui::UiSettings m_settings;
    storage::ConversationId m_current = 0;
    /// Open conversations: the one shown and those with a reply in flight.
    std::map<storage::ConversationId, ConversationTree> m_trees;
    std::map<storage::ConversationId, storage::ConversationSummary> m_removed; ///< for undo
};

} // namespace app
