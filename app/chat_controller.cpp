#include "app/chat_controller.h"

#include "app/failure_record.h"
#include "app/failure_text.h"
#include "app/request_builder.h"

#include <QDateTime>

namespace app {

using storage::ConversationId;
using storage::MessageId;
using storage::MessageRecord;
using storage::MessageRole;
using storage::MessageState;

namespace {

constexpr int titleLength = 48;

/// The beginning of the first message; whole characters, one line.
QString titleFrom(const QString &text)
{
    const QString line = text.simplified();
    return line.size() <= titleLength ? line : line.left(titleLength - 1).trimmed() + QChar(0x2026);
}

MessageRecord writtenMessage(MessageRole role, ConversationId conversation, MessageId parent, const QString &text)
{
    MessageRecord message;
    message.conversation = conversation;
    message.parent = parent;
    message.role = role;
    message.parts.push_back({storage::PartKind::Answer, text.toStdString()});
    return message;
}

/// A reply that another model began with a choice this one does not have goes on as this one's template says.
engine::ThinkingMode possible(engine::ThinkingMode mode, const engine::ModelInfo &model)
{
    return model.canSwitchThinking ? mode : engine::ThinkingMode::Template;
}

} // namespace

ChatController::ChatController(ui::MainWindow &window, storage::ConversationStore &store,
                               GenerationController &generation, QObject *parent)
    : QObject(parent), m_window(window), m_store(store), m_generation(generation)
{
    connectWindow();
    connectGeneration();
}

void ChatController::connectWindow()
{
    using ui::MainWindow;
    connect(&m_window, &MainWindow::newConversationRequested, this, &ChatController::newConversation);
    connect(&m_window, &MainWindow::conversationSelected, this, &ChatController::select);
    connect(&m_window, &MainWindow::sendRequested, this, &ChatController::send);
    connect(&m_window, &MainWindow::stopRequested, this, &ChatController::stop);
    connect(&m_window, &MainWindow::regenerateRequested, this, &ChatController::regenerate);
    connect(&m_window, &MainWindow::editRequested, this, &ChatController::edit);
    connect(&m_window, &MainWindow::continueRequested, this, &ChatController::continueReply);
    connect(&m_window, &MainWindow::branchRequested, this, &ChatController::showBranch);
    connect(&m_window, &MainWindow::promptRequested, this, &ChatController::showPrompt);
    connect(&m_window, &MainWindow::renameRequested, this, &ChatController::rename);
    connect(&m_window, &MainWindow::pinRequested, this, &ChatController::pin);
    connect(&m_window, &MainWindow::deleteRequested, this, &ChatController::remove);
    connect(&m_window, &MainWindow::undoDeleteRequested, this, &ChatController::undoRemove);
    connect(&m_window, &MainWindow::retryRequested, &m_generation, &GenerationController::retrySaving);
}

void ChatController::connectGeneration()
{
    connect(&m_generation, &GenerationController::textArrived, this, &ChatController::onText);
    connect(&m_generation, &GenerationController::liveChanged, this, &ChatController::onLive);
    connect(&m_generation, &GenerationController::replyEnded, this, &ChatController::onEnd);
    connect(&m_generation, &GenerationController::promptShown, this, &ChatController::onPrompt);
    connect(&m_generation, &GenerationController::promptFailed, &m_window, &ui::MainWindow::showPromptFailure);
    connect(&m_generation, &GenerationController::savingFailed, this,
            [this](const storage::Failure &failure) { m_window.showSaveFailure(shownFailure(failure)); });
    connect(&m_generation, &GenerationController::savingRecovered, &m_window, &ui::MainWindow::clearSaveFailure);
}

void ChatController::start()
{
    m_store.listConversations([this](const auto &result) {
        if (result.failure)
            return report(*result.failure);
        m_window.setConversations(*result.value);
    });
    newConversation();
}

void ChatController::newConversation()
{
    m_current = 0;
    --m_newChat;
    forgetIdle();
    showCurrent();
}

void ChatController::select(ConversationId id)
{
    if (id == m_current)
        return;
    m_current = id;
    forgetIdle();
    if (tree(id) != nullptr)
        return showCurrent();
    m_store.loadConversation(id, [this, id](auto result) {
        if (m_current != id)
            return; // another one was chosen meanwhile
        if (result.failure)
            return report(*result.failure);
        m_trees.try_emplace(id, result.value->summary, std::move(result.value->messages));
        showCurrent();
    });
}

void ChatController::send(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return;
    const ConversationTree *open = tree(m_current);
    if (m_current != 0 && open == nullptr) // still being read
        return giveBack(text);
    addTurn(open != nullptr ? open->leaf() : 0, trimmed);
}

void ChatController::addTurn(MessageId parent, const QString &text)
{
    if (!readyForTurn())
        return giveBack(text);
    storage::Turn turn;
    if (const ConversationTree *open = tree(m_current)) {
        turn.conversation = open->summary();
    } else {
        turn.conversation.title = titleFrom(text).toStdString();
        if (const QString system = m_settings.systemPrompt.trimmed(); !system.isEmpty())
            turn.system = writtenMessage(MessageRole::System, 0, 0, system);
    }
    turn.question = writtenMessage(MessageRole::User, m_current, parent, text);
    turn.reply = newReply(m_current, 0);
    const ConversationId key = shownKey();
    beginTurn(key);
    m_store.addTurn(std::move(turn), [this, key, text](const auto &result) {
        if (succeeded(result))
            return turnSaved(key, *result.value);
        m_turns.end(key);
        giveBack(text);
        showActivity();
        forgetIdle();
    });
}

void ChatController::turnSaved(ConversationId key, const storage::Turn &turn)
{
    emit userMessageSaved(turn.question);
    const ConversationId id = turn.conversation.id;
    const bool isNew = key != id;
    if (isNew) {
        m_trees.try_emplace(id, turn.conversation, std::vector<MessageRecord>{});
        m_window.updateConversation(turn.conversation);
    }
    if (key == shownKey() && isNew) {
        m_current = id;
        m_window.setCurrentConversation(id);
    }
    const bool stopped = m_turns.end(key);
    ConversationTree &open = *tree(id); // kept while the turn was in flight
    if (turn.system)
        addToTree(open, {*turn.system});
    addToTree(open, {turn.question, turn.reply});
    startReply(open, turn.reply, {.stopped = stopped});
}

void ChatController::addReply(MessageId parent)
{
    if (!readyForTurn())
        return;
    const ConversationId key = m_current;
    beginTurn(key);
    m_store.addMessage(newReply(key, parent), [this, key](const auto &result) {
        if (succeeded(result))
            return replySaved(*result.value);
        m_turns.end(key);
        showActivity();
        forgetIdle();
    });
}

void ChatController::replySaved(const MessageRecord &reply)
{
    const bool stopped = m_turns.end(reply.conversation);
    ConversationTree &open = *tree(reply.conversation); // kept while the turn was in flight
    addToTree(open, {reply});
    startReply(open, reply, {.stopped = stopped});
}

void ChatController::addToTree(ConversationTree &tree, const std::vector<MessageRecord> &messages)
{
    const bool branched = tree.leaf() != messages.front().parent;
    for (const MessageRecord &message : messages)
        tree.add(message);
    if (tree.summary().id != m_current)
        return;
    if (branched)
        return m_window.showTranscript(tree.transcript());
    for (const MessageRecord &message : messages)
        m_window.appendMessage(tree.transcriptMessage(message));
}

void ChatController::startReply(const ConversationTree &tree, const MessageRecord &reply, ReplyStart start)
{
    const ConversationId id = tree.summary().id;
    const auto earlier =
        start.continuing ? reply.statistics.value_or(storage::StatisticsRecord{}) : storage::StatisticsRecord{};
    engine::GenerationRequest request = buildRequest(tree, reply, start.continuing);
    request.thinking = possible(request.thinking, m_generation.model());
    if (start.stopped)
        m_generation.endUnasked({id, reply.id}, request, earlier);
    else
        m_generation.start({id, reply.id}, std::move(request), earlier);
    showActivity();
    refreshSummary(id);
}

MessageRecord ChatController::newReply(ConversationId conversation, MessageId parent) const
{
    const engine::ModelInfo &model = m_generation.model();
    MessageRecord reply;
    reply.conversation = conversation;
    reply.parent = parent;
    reply.role = MessageRole::Assistant;
    reply.state = MessageState::Streaming;
    reply.modelName = model.name;
    reply.modelFingerprint = model.fingerprint;
    reply.sampler = samplerFor(m_settings, model);
    reply.thinking = thinkingFor(m_settings, model);
    reply.thinkingClosed = !beginsWithThought(reply.thinking, model);
    return reply;
}

/// False where a reply is under way already, and, with a notice, while nobody knows which model will answer.
bool ChatController::readyForTurn()
{
    if (m_generation.loading()) {
        m_window.showNotice(tr("The model is still loading. Please try again when it is ready."));
        return false;
    }
    return !busy(shownKey());
}

bool ChatController::busy(ConversationId id) const
{
    return m_turns.contains(id) || m_generation.generating(id);
}

void ChatController::beginTurn(ConversationId key)
{
    m_turns.begin(key);
    showActivity();
}

void ChatController::showActivity()
{
    m_window.setGenerating(busy(shownKey()));
}

void ChatController::regenerate(MessageId id)
{
    const ConversationTree *open = tree(m_current);
    const MessageRecord *message = open != nullptr ? open->find(id) : nullptr;
    if (message == nullptr)
        return;
    if (message->role == MessageRole::Assistant)
        addReply(message->parent);
    else if (message->role == MessageRole::User && id == open->leaf())
        addReply(id);
}

void ChatController::edit(MessageId id, const QString &text)
{
    const ConversationTree *open = tree(m_current);
    const MessageRecord *message = open != nullptr ? open->find(id) : nullptr;
    if (message == nullptr || text.trimmed().isEmpty())
        return;
    if (message->role == MessageRole::User)
        addTurn(message->parent, text.trimmed());
    else if (message->role == MessageRole::System && !busy(m_current))
        addSystemPrompt(message->parent, text.trimmed());
}

/// Another beginning of the conversation: what was said under the first one stays there.
void ChatController::addSystemPrompt(MessageId parent, const QString &text)
{
    m_store.addMessage(writtenMessage(MessageRole::System, m_current, parent, text), [this](const auto &result) {
        ConversationTree *open = succeeded(result) ? tree(result.value->conversation) : nullptr;
        if (open != nullptr)
            addToTree(*open, {*result.value});
    });
}

void ChatController::continueReply(MessageId reply)
{
    const ConversationTree *open = tree(m_current);
    const MessageRecord *message = open != nullptr ? open->find(reply) : nullptr;
    if (message == nullptr || message->role != MessageRole::Assistant || !readyForTurn())
        return;
    const ConversationId key = m_current;
    beginTurn(key);
    m_store.reopenMessage(reply, [this, key, reply](const auto &result) {
        if (succeeded(result))
            return goOn(key, reply);
        m_turns.end(key);
        showActivity();
        forgetIdle();
    });
}

void ChatController::goOn(ConversationId conversation, MessageId reply)
{
    const bool stopped = m_turns.end(conversation);
    ConversationTree &open = *tree(conversation); // kept while the turn was in flight
    MessageRecord &message = *open.find(reply);
    message.state = MessageState::Streaming;
    if (conversation == m_current)
        m_window.showTranscript(open.transcript());
    startReply(open, message, {.continuing = true, .stopped = stopped});
}

void ChatController::showBranch(MessageId message, int branch)
{
    ConversationTree *open = tree(m_current);
    if (open == nullptr || busy(m_current))
        return;
    const auto alternatives = open->siblings(message);
    if (branch < 0 || branch >= static_cast<int>(alternatives.size()))
        return;
    const MessageId leaf = open->newestLeafBelow(alternatives[static_cast<std::size_t>(branch)]);
    open->summary().currentLeaf = leaf;
    m_window.showTranscript(open->transcript());
    m_store.setCurrentLeaf(m_current, leaf, [this](const auto &result) { succeeded(result); });
}

void ChatController::stop()
{
    m_turns.stop(shownKey());
    m_generation.stop(m_current);
}

/// The prompt of a reply is made again as it was; of the next message there is a row only in the mind.
void ChatController::showPrompt(const ui::PromptWish &wish)
{
    if (m_generation.loading() || !m_generation.modelReady())
        return;
    static const ConversationTree newChat;
    const ConversationTree *open = tree(m_current);
    const ConversationTree &shown = open != nullptr ? *open : newChat;
    const MessageRecord *reply = wish.reply != 0 ? shown.find(wish.reply) : nullptr;
    const MessageRecord next = newReply(m_current, shown.leaf());
    const MessageRecord &target = reply != nullptr ? *reply : next;
    engine::GenerationRequest request = buildRequest(shown, target, false);
    if (const QString system = m_settings.systemPrompt.trimmed(); shown.empty() && !system.isEmpty())
        request.messages.push_back({engine::Role::System, system.toStdString(), {}, true});
    const bool asked = !request.messages.empty() && request.messages.back().role == engine::Role::User;
    const std::string draft = wish.draft.trimmed().toStdString();
    if (reply == nullptr && (!asked || !draft.empty()))
        request.messages.push_back({engine::Role::User, draft, {}, true});
    request.thinking = possible(request.thinking, m_generation.model());
    m_promptAsked = {wish, {}, {}, unansweredThoughts(shown, target), request.retention};
    for (const engine::ChatMessage &message : request.messages)
        m_promptAsked.roles.push_back(message.role);
    m_generation.showPrompt(std::move(request));
}

void ChatController::onPrompt(const engine::PromptShown &prompt)
{
    ui::ShownPrompt shown = m_promptAsked;
    shown.prompt = prompt;
    m_window.showPrompt(shown);
}

void ChatController::rename(ConversationId id, const QString &title)
{
    const QString trimmed = title.simplified();
    if (trimmed.isEmpty())
        return;
    m_store.renameConversation(id, trimmed.toStdString(), [this, id](const auto &result) {
        if (succeeded(result))
            refreshSummary(id);
    });
}

void ChatController::pin(ConversationId id, bool pinned)
{
    m_store.setPinned(id, pinned, [this, id](const auto &result) {
        if (succeeded(result))
            refreshSummary(id);
    });
}

void ChatController::remove(ConversationId id)
{
    m_turns.stop(id);
    m_generation.stop(id);
    m_store.loadConversation(id, [this, id](const auto &loaded) {
        if (loaded.failure)
            return report(*loaded.failure);
        m_removed[id] = {loaded.value->summary, id == m_current};
        m_store.deleteConversation(id, [this, id](const auto &result) {
            if (!succeeded(result))
                return;
            m_window.removeConversation(id);
            if (id == m_current)
                newConversation();
            m_window.offerUndoDelete(id, QString::fromStdString(m_removed[id].summary.title));
        });
    });
}

void ChatController::undoRemove(ConversationId id)
{
    m_store.restoreConversation(id, [this, id](const auto &result) {
        if (!succeeded(result))
            return;
        const auto removed = m_removed.extract(id);
        if (removed.empty())
            return;
        m_window.updateConversation(removed.mapped().summary);
        // Whoever went on reading elsewhere stays there.
        if (!removed.mapped().wasShown || m_current != 0)
            return;
        m_window.setCurrentConversation(id);
        select(id);
    });
}

void ChatController::onText(const ReplyTarget &target, storage::PartKind kind, const std::string &text)
{
    ConversationTree *open = tree(target.conversation);
    MessageRecord *message = open != nullptr ? open->find(target.message) : nullptr;
    if (message != nullptr)
        appendText(*message, kind, text);
    if (target.conversation == m_current)
        m_window.appendText(target.message, kind, QString::fromStdString(text));
}

void ChatController::onLive(const Reply &reply)
{
    if (reply.target().conversation != m_current)
        return;
    ui::LiveStatistics live = reply.live();
    live.contextLength = m_generation.model().contextLength;
    m_window.showLive(reply.target().message, live, reply.newestRoutes());
}

void ChatController::onEnd(const ReplyTarget &target, const ReplyEnd &end)
{
    ConversationTree *open = tree(target.conversation);
    MessageRecord *message = open != nullptr ? open->find(target.message) : nullptr;
    if (message == nullptr)
        return;
    message->state = end.state;
    message->thinkingClosed = end.thinkingClosed;
    message->statistics = end.statistics;
    message->failure = failureRecord(end);
    if (target.conversation == m_current) {
        m_window.finishMessage(open->transcriptMessage(*message));
        showActivity();
    } else {
        forgetIdle();
    }
    refreshSummary(target.conversation);
}

ConversationTree *ChatController::tree(ConversationId id)
{
    const auto found = m_trees.find(id);
    return found == m_trees.end() ? nullptr : &found->second;
}

void ChatController::showCurrent()
{
    m_window.setCurrentConversation(m_current);
    const ConversationTree *open = tree(m_current);
    m_window.showTranscript(open != nullptr ? open->transcript() : std::vector<ui::TranscriptMessage>{});
    showActivity();
    if (const Reply *reply = m_generation.reply(m_current))
        onLive(*reply);
}

void ChatController::refreshSummary(ConversationId id)
{
    m_store.listConversations([this, id](const auto &result) {
        if (!result.value)
            return;
        for (const auto &summary : *result.value) {
            if (summary.id == id)
                m_window.updateConversation(summary);
        }
    });
}

void ChatController::forgetIdle()
{
    std::erase_if(m_trees, [this](const auto &entry) {
        const ConversationId id = entry.first;
        return id != m_current && !busy(id) && !m_generation.hasUnsaved(id);
    });
}

/// Tells the user about a failure. A success is a reason to try again what could not be saved before.
template <typename T>
bool ChatController::succeeded(const storage::Result<T> &result)
{
    if (result.failure)
        report(*result.failure);
    else if (m_generation.savingHasFailed())
        m_generation.retrySaving();
    return !result.failure;
}

void ChatController::report(const storage::Failure &failure)
{
    m_window.showFailure(shownFailure(failure));
}

/// Into the text field, above what has been written there meanwhile.
void ChatController::giveBack(const QString &text)
{
    ++m_textsGivenBack;
    const QString draft = m_window.draft();
    m_window.setDraft(draft.isEmpty() ? text : text + "\n\n" + draft);
}

} // namespace app
