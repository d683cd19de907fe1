#pragma once
// What the window's wishes mean: which conversation is open, what is sent, edited, regenerated, continued, and in what
// order it is saved. A question and the row of its reply are in the history before the engine is asked. UI thread.

#include "app/conversation_tree.h"
#include "app/generation_controller.h"
#include "app/turns_in_flight.h"
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
    bool idle() const { return m_turns.empty(); } ///< nothing waits to be written before the engine is asked
    int textsGivenBack() const { return m_textsGivenBack; }

    // What the window asks for; also the entry points of tests.
    void newConversation();
    void select(storage::ConversationId id);
    void send(const QString &text);
    void regenerate(storage::MessageId message);                 ///< another reply; of a question without one the first
    void edit(storage::MessageId question, const QString &text); ///< a question or a system prompt
    void continueReply(storage::MessageId reply);
    void showBranch(storage::MessageId message, int branch);
    void stop();
    void showPrompt(const ui::PromptWish &wish);
    void rename(storage::ConversationId id, const QString &title);
    void pin(storage::ConversationId id, bool pinned);
    void remove(storage::ConversationId id);
    void undoRemove(storage::ConversationId id);

signals:
    void userMessageSaved(const storage::MessageRecord &message); ///< on disk; the engine is asked next

private:
    void connectWindow();
    void connectGeneration();

    void addTurn(storage::MessageId parent, const QString &text);
    void turnSaved(storage::ConversationId key, const storage::Turn &turn);
    void addReply(storage::MessageId parent);
    void replySaved(const storage::MessageRecord &reply);
    void goOn(storage::ConversationId conversation, storage::MessageId reply);
    void addSystemPrompt(storage::MessageId parent, const QString &text);
    void addToTree(ConversationTree &tree, const std::vector<storage::MessageRecord> &messages);
    struct ReplyStart {
        bool continuing = false;
        bool stopped = false; ///< Stop was pressed while the wish was being written: the engine is not asked
    };
    void startReply(const ConversationTree &tree, const storage::MessageRecord &reply, ReplyStart start);
    storage::MessageRecord newReply(storage::ConversationId conversation, storage::MessageId parent) const;

    bool readyForTurn();
    bool busy(storage::ConversationId id) const;
    /// The conversation shown; a new one that has no id yet goes by a negative number of its own.
    storage::ConversationId shownKey() const { return m_current != 0 ? m_current : m_newChat; }
    void beginTurn(storage::ConversationId key);

    void onText(const ReplyTarget &target, storage::PartKind kind, const std::string &text);
    void onLive(const Reply &reply);
    void onPrompt(const engine::PromptShown &prompt);
    void onEnd(const ReplyTarget &target, const ReplyEnd &end);

    ConversationTree *tree(storage::ConversationId id);
    void showCurrent();
    void refreshSummary(storage::ConversationId id);
    void forgetIdle();
    void showActivity();
    template <typename T>
    bool succeeded(const storage::Result<T> &result);
    void report(const storage::Failure &failure);
    void giveBack(const QString &text);

    ui::MainWindow &m_window;
    storage::ConversationStore &m_store;
    GenerationController &m_generation;
    ui::UiSettings m_settings;
    storage::ConversationId m_current = 0;
    storage::ConversationId m_newChat = -1;
    TurnsInFlight m_turns;
    int m_textsGivenBack = 0;
    ui::ShownPrompt m_promptAsked; ///< all but the prompt itself, until that comes
    /// Open conversations: the one shown and those with a reply in flight or not saved yet.
    std::map<storage::ConversationId, ConversationTree> m_trees;
    struct Removed {
        storage::ConversationSummary summary;
        bool wasShown = false;
    };
    std::map<storage::ConversationId, Removed> m_removed; ///< for undo
};

} // namespace app
