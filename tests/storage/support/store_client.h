#pragma once
// The store as blocking calls, and its records as text, for tests.

#include "storage/conversation_store.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>

namespace storage::testing {

/// Waits on the client's thread for what the store calls from its own.
class Wake {
public:
    void operator()()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_woken = true;
        }
        m_changed.notify_one();
    }
    void wait()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, std::chrono::seconds(60), [this] { return m_woken; });
        m_woken = false;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_woken = false;
};

class StoreClient {
public:
    explicit StoreClient(const std::string &file) : m_store(file, [this] { m_wake(); }) {}

    ConversationStore &store() { return m_store; }

    /// `call` starts one operation with the completion it is given; the result when it has come.
    template <typename T, typename Call>
    Result<T> result(Call call)
    {
        std::optional<Result<T>> answer;
        call([&answer](Result<T> got) { answer = std::move(got); });
        for (m_store.deliverCompletions(); !answer; m_store.deliverCompletions())
            m_wake.wait();
        return *answer;
    }

    /// As result(), for calls that must succeed.
    template <typename T, typename Call>
    T value(Call call)
    {
        Result<T> answer = result<T>(std::move(call));
        if (!answer.value)
            throw std::runtime_error(answer.failure ? answer.failure->sentence : "neither value nor failure");
        return std::move(*answer.value);
    }

    ConversationSummary create(const std::string &title)
    {
        return value<ConversationSummary>([&](auto done) { m_store.createConversation(title, done); });
    }
    MessageRecord add(const MessageRecord &record)
    {
        return value<MessageRecord>([&](auto done) { m_store.addMessage(record, done); });
    }
    void append(MessageId id, PartKind kind, const std::string &text)
    {
        value<Done>([&](auto done) { m_store.appendText(id, kind, text, done); });
    }
    void finish(MessageId id, MessageState state = MessageState::Complete)
    {
        value<Done>([&](auto done) { m_store.finishMessage(id, state, true, {}, {}, done); });
    }
    ConversationContent load(ConversationId id)
    {
        return value<ConversationContent>([&](auto done) { m_store.loadConversation(id, done); });
    }
    std::vector<ConversationSummary> list()
    {
        return value<std::vector<ConversationSummary>>([&](auto done) { m_store.listConversations(done); });
    }
    Result<TraceRun> trace(MessageId id)
    {
        return result<TraceRun>([&](auto done) { m_store.loadTrace(id, done); });
    }
    std::string integrity()
    {
        return value<std::string>([&](auto done) { m_store.checkIntegrity(done); });
    }
    void purge(std::int64_t olderThan)
    {
        value<Done>([&](auto done) { m_store.purgeDeleted(olderThan, done); });
    }
    void remove(ConversationId id)
    {
        value<Done>([&](auto done) { m_store.deleteConversation(id, done); });
    }

private:
    Wake m_wake;
    ConversationStore m_store;
};

inline MessageRecord question(ConversationId conversation, MessageId parent, const std::string &text)
{
    MessageRecord record;
    record.conversation = conversation;
    record.parent = parent;
    record.parts = {{PartKind::Answer, text}};
    return record;
}

inline MessageRecord reply(ConversationId conversation, MessageId parent)
{
    MessageRecord record;
    record.conversation = conversation;
    record.parent = parent;
    record.role = MessageRole::Assistant;
    record.state = MessageState::Streaming;
    record.modelName = "nano-r1";
    record.modelFingerprint = "a1b2c3";
    record.sampler = SamplerRecord();
    return record;
}

inline std::string textOf(const MessageRecord &record)
{
    std::string text;
    for (const MessagePart &part : record.parts)
        text += part.text;
    return text;
}

inline std::string describe(const SamplerRecord &s)
{
    std::ostringstream out;
    out.precision(17);
    out << "sampler " << s.temperature << ' ' << s.topK << ' ' << s.topP << ' ' << s.minP << ' ' << s.repetitionPenalty
        << ' ' << s.seed << ' ' << s.maxTokens;
    return out.str();
}

inline std::string describe(const StatisticsRecord &s)
{
    std::ostringstream out;
    out.precision(17);
    out << "statistics " << s.promptTokens << ' ' << s.cachedTokens << ' ' << s.thinkingTokens << ' ' << s.answerTokens
        << ' ' << s.promptSeconds << ' ' << s.firstTokenSeconds << ' ' << s.thinkingSeconds << ' ' << s.answerSeconds
        << ' ' << s.contextUsed << ' ' << s.contextLength;
    return out.str();
}

/// Empty for what every reply of the first format had.
inline std::string describe(const ThinkingRecord &t)
{
    if (t == ThinkingRecord())
        return {};
    return " mode " + std::to_string(static_cast<int>(t.mode)) + " thoughts " +
           std::to_string(static_cast<int>(t.thoughtsShown));
}

inline std::string describe(const FailureRecord &f)
{
    return "failure [" + f.code + "] [" + f.file + "] [" + f.field + "] [" + f.sentence + "]";
}

inline std::string describe(const MessageRecord &m)
{
    std::ostringstream out;
    out << "message " << m.id << " of " << m.conversation << " under " << m.parent << " role "
        << static_cast<int>(m.role) << " state " << static_cast<int>(m.state) << " at " << m.createdAt
        << (m.thinkingClosed ? "" : " thinking open") << " model [" << m.modelName << "] [" << m.modelFingerprint
        << "] " << describe(m.failure) << (m.damaged ? " damaged" : "");
    for (const MessagePart &part : m.parts)
        out << (part.kind == PartKind::Thinking ? " thinking" : " answer") << " [" << part.text << "]";
    out << ' ' << (m.sampler ? describe(*m.sampler) : "no sampler") << describe(m.thinking);
    out << ' ' << (m.statistics ? describe(*m.statistics) : "no statistics");
    return out.str();
}

/// Without the times: they change with every message.
inline std::string describe(const ConversationSummary &summary)
{
    return "conversation " + std::to_string(summary.id) + " [" + summary.title + "]" +
           (summary.pinned ? " pinned" : "") + " at " + std::to_string(summary.currentLeaf);
}

inline std::string describe(const TraceRun &run)
{
    std::ostringstream out;
    out << "trace of " << run.message << " model [" << run.modelName << "] [" << run.modelFingerprint << "] experts "
        << run.routedExperts << ' ' << run.expertsPerToken << ' ' << run.expertGroups << ' ' << run.groupsPerToken
        << ' ' << run.sharedExperts << " layers";
    for (const int layer : run.moeLayers)
        out << ' ' << layer;
    for (const TraceChunk &chunk : run.chunks)
        out << " chunk " << chunk.plane << ' ' << chunk.sequence << ' ' << chunk.firstToken << ' ' << chunk.tokens
            << " [" << std::string(chunk.data.begin(), chunk.data.end()) << "]";
    return out.str();
}

} // namespace storage::testing
