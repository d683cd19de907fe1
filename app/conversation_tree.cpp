#include "app/conversation_tree.h"

#include "app/failure_text.h"

#include <algorithm>

namespace app {

using storage::MessageId;
using storage::MessageRecord;
using storage::PartKind;

ConversationTree::ConversationTree(storage::ConversationSummary summary, std::vector<MessageRecord> messages)
    : m_summary(std::move(summary))
{
    for (auto &message : messages) {
        m_children[message.parent].push_back(message.id);
        m_messages.emplace(message.id, std::move(message));
    }
    for (auto &[parent, children] : m_children)
        std::sort(children.begin(), children.end());
    // A leaf that is not there (an interrupted write of an older file) must not hide the conversation.
    if (!m_messages.contains(m_summary.currentLeaf))
        m_summary.currentLeaf = newestLeafBelow(0);
}

const MessageRecord *ConversationTree::find(MessageId id) const
{
    const auto found = m_messages.find(id);
    return found == m_messages.end() ? nullptr : &found->second;
}

MessageRecord *ConversationTree::find(MessageId id)
{
    const auto found = m_messages.find(id);
    return found == m_messages.end() ? nullptr : &found->second;
}

void ConversationTree::add(MessageRecord message)
{
    const MessageId id = message.id;
    m_children[message.parent].push_back(id);
    m_messages.insert_or_assign(id, std::move(message));
    m_summary.currentLeaf = id;
}

std::vector<const MessageRecord *> ConversationTree::pathTo(MessageId end) const
{
    std::vector<const MessageRecord *> path;
    // The size bound ends the walk even if a damaged file made a cycle of parents.
    for (const MessageRecord *message = find(end); message != nullptr && path.size() < m_messages.size();
         message = find(message->parent))
        path.push_back(message);
    std::reverse(path.begin(), path.end());
    return path;
}

std::vector<MessageId> ConversationTree::siblings(MessageId id) const
{
    const MessageRecord *message = find(id);
    if (message == nullptr)
        return {};
    std::vector<MessageId> result;
    for (const MessageId child : m_children.at(message->parent)) {
        if (find(child)->role == message->role)
            result.push_back(child);
    }
    return result;
}

MessageId ConversationTree::newestLeafBelow(MessageId id) const
{
    for (std::size_t steps = 0; steps <= m_messages.size(); ++steps) {
        const auto children = m_children.find(id);
        if (children == m_children.end() || children->second.empty())
            return id;
        id = children->second.back();
    }
    return id;
}

ui::TranscriptMessage ConversationTree::transcriptMessage(const MessageRecord &message) const
{
    const auto alternatives = siblings(message.id);
    const auto position = std::find(alternatives.begin(), alternatives.end(), message.id);
    ui::TranscriptMessage shown;
    shown.id = message.id;
    shown.role = message.role;
    shown.state = message.state;
    shown.thinking = QString::fromStdString(textOf(message, PartKind::Thinking));
    shown.answer = QString::fromStdString(textOf(message, PartKind::Answer));
    shown.thinkingClosed = thoughtClosed(message);
    shown.branch = position == alternatives.end() ? 0 : static_cast<int>(position - alternatives.begin());
    shown.branches = std::max<int>(1, static_cast<int>(alternatives.size()));
    shown.createdAt = message.createdAt;
    shown.modelName = QString::fromStdString(message.modelName);
    shown.failure = failureText(message.failure);
    shown.damaged = message.damaged;
    shown.statistics = message.statistics;
    shown.sampler = message.sampler;
    shown.asked = message.thinking;
    return shown;
}

std::vector<ui::TranscriptMessage> ConversationTree::transcript() const
{
    std::vector<ui::TranscriptMessage> shown;
    for (const MessageRecord *message : path())
        shown.push_back(transcriptMessage(*message));
    return shown;
}

void appendText(MessageRecord &message, PartKind kind, std::string_view text)
{
    if (message.parts.empty() || message.parts.back().kind != kind)
        message.parts.push_back({kind, {}});
    message.parts.back().text += text;
}

bool thoughtClosed(const MessageRecord &message)
{
    return message.thinkingClosed || !textOf(message, PartKind::Answer).empty();
}

std::string textOf(const MessageRecord &message, PartKind kind)
{
    std::string text;
    for (const auto &part : message.parts) {
        if (part.kind == kind)
            text += part.text;
    }
    return text;
}

} // namespace app
