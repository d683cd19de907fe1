#include "engine/text/detail/conversation.h"

#include <algorithm>
#include <utility>

namespace engine::text::detail {
namespace {

[[noreturn]] void invalidMessage(const std::string &field, const std::string &why)
{
    throw Error(ErrorCode::RequestInvalid, "", field, "The conversation cannot be sent: " + field + " " + why + ".");
}

/// Where the newest thought stands that can be shown again, or the number of messages.
std::size_t newestThought(std::span<const ChatMessage> messages)
{
    const auto found = std::find_if(messages.rbegin(), messages.rend(), [](const ChatMessage &message) {
        return !message.thinking.empty() && message.thinkingClosed;
    });
    return found == messages.rend() ? messages.size()
                                    : static_cast<std::size_t>(messages.rend() - found) - std::size_t{1};
}

class Preparation {
public:
    Preparation(const ChatFormat &format, std::span<const ChatMessage> messages, ThinkingRetention retention)
        : m_format(format), m_messages(messages), m_retention(retention), m_newest(newestThought(messages))
    {
    }

    Conversation run()
    {
        const std::size_t lastSystem = findLastSystem();
        for (std::size_t i = 0; i < m_messages.size(); ++i) {
            const ChatMessage &message = m_messages[i];
            if (message.role == Role::Assistant) {
                addAnswer(i);
                continue;
            }
            if (message.role == Role::System && m_format.system == ChatFormat::System::Last && i != lastSystem)
                omit(i, PromptSource::System, OmissionReason::OnlyLastSystemMessage, message.text);
            m_result.turns.push_back({message.role, static_cast<int>(i), message.text, std::nullopt});
        }
        return std::move(m_result);
    }

private:
    std::size_t findLastSystem() const
    {
        std::size_t last = m_messages.size();
        for (std::size_t i = 0; i < m_messages.size(); ++i)
            last = m_messages[i].role == Role::System ? i : last;
        return last;
    }

    void omit(std::size_t message, PromptSource source, OmissionReason reason, std::string text)
    {
        if (!text.empty())
            m_result.omissions.push_back({static_cast<int>(message), source, reason, 0, std::move(text)});
    }

    /// Why the model is not shown a thought; nothing if it is.
    std::optional<OmissionReason> reasonToOmitThought(std::size_t i) const
    {
        if (m_format.thought == ChatFormat::Thought::Never)
            return OmissionReason::ModelHasNoThoughts;
        if (!m_messages[i].thinkingClosed)
            return OmissionReason::ThoughtNotClosed;
        if (m_retention == ThinkingRetention::Template)
            return OmissionReason::TemplateDropsThoughts;
        const bool kept =
            m_retention == ThinkingRetention::All || (m_retention == ThinkingRetention::Newest && i == m_newest);
        return kept ? std::nullopt : std::optional(OmissionReason::RetentionPolicy);
    }

    void addAnswer(std::size_t i)
    {
        const ChatMessage &message = m_messages[i];
        const bool thought = !message.thinking.empty();
        const auto reason = thought ? reasonToOmitThought(i) : std::nullopt;
        if (reason)
            omit(i, PromptSource::Thinking, *reason, message.thinking);
        Turn turn{Role::Assistant, static_cast<int>(i), {}, std::nullopt};
        if (m_retention == ThinkingRetention::All || (thought && !reason)) {
            turn.content = message.text;
            if (thought && !reason)
                turn.thought = message.thinking;
        } else {
            turn.content = leftByTemplate(i);
        }
        removeDoubledSpace(turn.content);
        m_result.turns.push_back(std::move(turn));
    }

    /// Of the raw output. A "</think>" in the answer itself makes a template drop the text in front of it.
    std::string leftByTemplate(std::size_t i)
    {
        const ChatMessage &message = m_messages[i];
        const bool whole = m_format.history == ChatFormat::History::Whole;
        const bool tagged = !whole && message.thinkingClosed && !message.thinking.empty();
        const std::string raw =
            tagged ? message.thinking + std::string(m_format.thoughtClosing) + message.text : message.text;
        std::string content = historyContent(m_format, raw);
        if (content.size() < message.text.size())
            omit(i, PromptSource::Answer, OmissionReason::TemplateDropsThoughts,
                 message.text.substr(0, message.text.size() - content.size()));
        return content;
    }

    /// In the LLM format the model writes the space after "Assistant:" itself; once is enough.
    void removeDoubledSpace(std::string &content) const
    {
        if (m_format.beforeAnswer.ends_with(' ') && content.starts_with(' '))
            content.erase(0, 1);
    }

    const ChatFormat &m_format;
    std::span<const ChatMessage> m_messages;
    ThinkingRetention m_retention;
    std::size_t m_newest;
    Conversation m_result;
};

} // namespace

void validate(const std::vector<ChatMessage> &messages, bool continueLast)
{
    if (messages.empty())
        invalidMessage("messages", "is empty");
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const ChatMessage &message = messages[i];
        const std::string field = "messages[" + std::to_string(i) + "]";
        if (message.role != Role::Assistant && (!message.thinking.empty() || !message.thinkingClosed))
            invalidMessage(field + ".thinking", "is set, but only the assistant thinks");
        if (!message.thinkingClosed && !message.text.empty())
            invalidMessage(field + ".text", "follows a thought that is not closed");
    }
    if (continueLast && messages.back().role != Role::Assistant)
        invalidMessage("messages[" + std::to_string(messages.size() - 1) + "]",
                       "is to be continued, but is not the assistant's");
}

Conversation prepare(const ChatFormat &format, std::span<const ChatMessage> messages, ThinkingRetention retention)
{
    return Preparation(format, messages, retention).run();
}

} // namespace engine::text::detail
