#include "app/chat_controller.h"

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

MessageRecord userMessage(ConversationId conversation, MessageId parent, const QString &text)
{
    MessageRecord message;
    message.conversation = conversation;
    message.parent = parent;
    message.role = MessageRole::User;
    message.parts.push_back({storage::PartKind::Answer, text.toStdString()});
    return message;
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
    connect(&m_window, &MainWindow::renameRequested, this, &ChatController::rename);
    connect(&m_window, &MainWindow::pinRequested, this, &ChatController::pin);
    connect(&m_window, &MainWindow::deleteRequested, this, &ChatController::remove);
    connect(&m_window, &MainWindow::undoDeleteRequested, this, &ChatController::undoRemove);
    connect(&m_window, &MainWindow::retryRequested, this, [this] {
        m_window.showNotice({});
        m_generation.retrySaving();
    });
}

void ChatController::connectGeneration()
{
    connect(&m_generation, &GenerationController::textArrived, this, &ChatController::onText);
    connect(&m_generation, &GenerationController::liveChanged, this, &ChatController::onLive);
    connect(&m_generation, &GenerationController::replyEnded, this, &ChatController::onEnd);
    connect(&m_generation, &GenerationController::savingFailed, this,
            [this](const storage::Failure &failure) { m_window.showNotice(failureText(failure), true); });
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
    const ConversationId left = std::exchange(m_current, 0);
    forgetIfIdle(left);
    showCurrent();
}

void ChatController::select(ConversationId id)
{
    if (id == m_current)
        return;
    const ConversationId left = std::exchange(m_current, id);
    forgetIfIdle(left);
    if (tree(id) != nullptr)
        return showCurrent();
    m_store.loadConversation(id, [this, id](auto result) {
        if (m_current != id)
            return; // another one was chosen meanwhile
        if (result.failure)
            return report(*result.failure);
        m_trees.insert_or_assign(id, ConversationTree(result.value->summary, std::move(result.value->messages)));
        showCurrent();
    });
}

void ChatController::send(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return;
    if (m_current != 0) {
        ConversationTree *open = tree(m_current);
        return open != nullptr ? addUserMessage(m_current, open->leaf(), trimmed) : m_window.setDraft(text);
    }
    m_store.createConversation(titleFrom(trimmed).toStdString(), [this, trimmed](const auto &result) {
        if (result.failure)
            return keepDraft(trimmed, *result.failure);
        const auto summary = *result.value;
        m_trees.insert_or_assign(summary.id, ConversationTree(summary, {}));
        m_window.updateConversation(summary);
        if (m_current == 0) {
            m_current = summary.id;
            m_window.setCurrentConversation(summary.id);
        }
        addUserMessage(summary.id, 0, trimmed);
    });
}

void ChatController::addUserMessage(ConversationId conversation, MessageId parent, const QString &text)
{
    m_store.addMessage(userMessage(conversation, parent, text), [this, conversation, text](const auto &result) {
        if (result.failure)
            return keepDraft(text, *result.failure);
        emit userMessageSaved(*result.value);
        ConversationTree *open = tree(conversation);
        if (open == nullptr)
            return;
        const bool branched = open->leaf() != result.value->parent;
        open->add(*result.value);
        if (conversation == m_current) {
            if (branched)
                m_window.showTranscript(open->transcript());
            else
                m_window.appendMessage(open->transcriptMessage(*result.value));
        }
        createReply(conversation, result.value->id);
    });
}

void ChatController::createReply(ConversationId conversation, MessageId parent)
{
    MessageRecord reply;
    reply.conversation = conversation;
    reply.parent = parent;
    reply.role = MessageRole::Assistant;
    reply.state = MessageState::Streaming;
    reply.modelName = m_generation.model().name;
    reply.modelFingerprint = m_generation.model().fingerprint;
    reply.thinkingClosed = !m_generation.model().reasons;
    reply.sampler = samplerForNewReply();
    m_store.addMessage(std::move(reply), [this, conversation](const auto &result) {
        if (result.failure)
            return report(*result.failure);
        ConversationTree *open = tree(conversation);
        if (open == nullptr)
            return;
        const bool branched = open->leaf() != result.value->parent;
        open->add(*result.value);
        if (conversation == m_current) {
            if (branched)
                m_window.showTranscript(open->transcript());
            else
                m_window.appendMessage(open->transcriptMessage(*result.value));
        }
        startReply(*open, *result.value, false);
        refreshSummary(conversation);
    });
}

void ChatController::startReply(ConversationTree &tree, const MessageRecord &reply, bool continuing)
{
    const auto earlier =
        continuing ? reply.statistics.value_or(storage::StatisticsRecord{}) : storage::StatisticsRecord{};
    m_generation.start({tree.summary().id, reply.id}, requestFor(tree, reply, continuing), earlier);
    if (tree.summary().id == m_current)
        m_window.setGenerating(true);
}

engine::GenerationRequest ChatController::requestFor(const ConversationTree &tree, const MessageRecord &reply,
                                                     bool continuing) const
{
    return buildRequest(tree, reply, continuing);
}

storage::SamplerRecord ChatController::samplerForNewReply() const
{
    return samplerFor(m_settings, m_generation.model());
}

void ChatController::regenerate(MessageId reply)
{
    ConversationTree *open = tree(m_current);
    const MessageRecord *message = open != nullptr ? open->find(reply) : nullptr;
    if (message == nullptr || message->role != MessageRole::Assistant || m_generation.generating(m_current))
        return;
    createReply(m_current, message->parent);
}

void ChatController::edit(MessageId userMessageId, const QString &text)
{
    ConversationTree *open = tree(m_current);
    const MessageRecord *message = open != nullptr ? open->find(userMessageId) : nullptr;
    if (message == nullptr || message->role != MessageRole::User || text.trimmed().isEmpty() ||
        m_generation.generating(m_current))
        return;
    addUserMessage(m_current, message->parent, text.trimmed());
}

void ChatController::continueReply(MessageId reply)
{
    ConversationTree *open = tree(m_current);
    MessageRecord *message = open != nullptr ? open->find(reply) : nullptr;
    if (message == nullptr || message->role != MessageRole::Assistant || m_generation.generating(m_current))
        return;
    m_store.reopenMessage(reply, [this, conversation = m_current, reply](const auto &result) {
        if (result.failure)
            return report(*result.failure);
        ConversationTree *tree = this->tree(conversation);
        MessageRecord *continued = tree != nullptr ? tree->find(reply) : nullptr;
        if (continued == nullptr)
            return;
        continued->state = MessageState::Streaming;
        if (conversation == m_current)
            m_window.showTranscript(tree->transcript());
        startReply(*tree, *continued, true);
    });
}

void ChatController::showBranch(MessageId message, int branch)
{
    ConversationTree *open = tree(m_current);
    if (open == nullptr || m_generation.generating(m_current))
        return;
    const auto alternatives = open->siblings(message);
    if (branch < 0 || branch >= static_cast<int>(alternatives.size()))
        return;
    const MessageId leaf = open->newestLeafBelow(alternatives[static_cast<std::size_t>(branch)]);
    open->summary().currentLeaf = leaf;
    m_window.showTranscript(open->transcript());
    m_store.setCurrentLeaf(m_current, leaf, [this](const auto &result) {
        if (result.failure)
            report(*result.failure);
    });
}

void ChatController::stop()
{
    m_generation.stop(m_current);
}

void ChatController::rename(ConversationId id, const QString &title)
{
    const QString trimmed = title.simplified();
    if (trimmed.isEmpty())
        return;
    m_store.renameConversation(id, trimmed.toStdString(), [this, id](const auto &result) {
        if (result.failure)
            return report(*result.failure);
        refreshSummary(id);
    });
}

void ChatController::pin(ConversationId id, bool pinned)
{
    m_store.setPinned(id, pinned, [this, id](const auto &result) {
        if (result.failure)
            return report(*result.failure);
        refreshSummary(id);
    });
}

void ChatController::remove(ConversationId id)
{
    m_generation.stop(id);
    m_store.loadConversation(id, [this, id](const auto &loaded) {
        if (loaded.failure)
            return report(*loaded.failure);
        m_removed[id] = loaded.value->summary;
        m_store.deleteConversation(id, [this, id](const auto &result) {
            if (result.failure)
                return report(*result.failure);
            m_window.removeConversation(id);
            if (id == m_current)
                newConversation();
            m_window.offerUndoDelete(id, QString::fromStdString(m_removed[id].title));
        });
    });
}

void ChatController::undoRemove(ConversationId id)
{
    m_store.restoreConversation(id, [this, id](const auto &result) {
        if (result.failure)
            return report(*result.failure);
        const auto removed = m_removed.extract(id);
        if (!removed.empty())
            m_window.updateConversation(removed.mapped());
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
    message->failure = end.failure.sentence;
    if (target.conversation == m_current) {
        ui::TranscriptMessage shown = open->transcriptMessage(*message);
        if (end.state == MessageState::Failed)
            shown.failure = failureText(end.failure);
        m_window.finishMessage(shown);
        m_window.setGenerating(false);
    } else {
        forgetIfIdle(target.conversation);
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
    m_window.setGenerating(m_generation.generating(m_current));
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

void ChatController::forgetIfIdle(ConversationId id)
{
    if (id != m_current && !m_generation.generating(id))
        m_trees.erase(id);
}

void ChatController::report(const storage::Failure &failure)
{
    m_window.showNotice(failureText(failure));
}

void ChatController::keepDraft(const QString &text, const storage::Failure &failure)
{
    if (m_window.draft().isEmpty())
        m_window.setDraft(text);
    report(failure);
}

} // namespace app
