#include "app/reply.h"

namespace app {

Reply::Reply(ReplyTarget target, engine::RequestId request, storage::StatisticsRecord earlier)
    : m_target(target), m_request(request), m_earlier(earlier)
{
    m_live.prefilling = true;
    m_live.thinkingTokens = earlier.thinkingTokens;
    m_live.answerTokens = earlier.answerTokens;
    m_live.thinkingSeconds = earlier.thinkingSeconds;
    m_live.answerSeconds = earlier.answerSeconds;
}

void Reply::take(const engine::PromptProgress &event)
{
    m_live.promptDone = event.done;
    m_live.promptTotal = event.total;
}

void Reply::take(const engine::PromptProcessed &event, const engine::RoutingTrace &geometry)
{
    m_live.prefilling = false;
    m_live.promptDone = m_live.promptTotal = event.promptTokens;
    m_live.cachedTokens = event.cachedTokens;
    m_live.contextUsed = event.promptTokens;
    m_previousToken = event.seconds;
    m_routes = geometry;
    if (!event.promptRoutes.empty())
        m_routes.append(event.promptRoutes);
}

void Reply::take(const engine::TokenGenerated &event)
{
    const double seconds = event.seconds - m_previousToken;
    m_previousToken = event.seconds;
    const bool thinking = event.part == engine::TextPart::Thinking;
    (thinking ? m_live.thinkingTokens : m_live.answerTokens) += 1;
    (thinking ? m_live.thinkingSeconds : m_live.answerSeconds) += seconds;
    if (m_live.firstTokenSeconds == 0.0)
        m_live.firstTokenSeconds = event.seconds;
    m_live.contextUsed = event.contextUsed;

    m_tokenTimes.push_back(event.seconds);
    while (m_tokenTimes.size() > 2 && m_tokenTimes.front() < event.seconds - 1.0)
        m_tokenTimes.pop_front();
    const double span = m_tokenTimes.back() - m_tokenTimes.front();
    if (span > 0.0)
        m_live.tokensPerSecond = static_cast<double>(m_tokenTimes.size() - 1) / span;

    if (!event.expertIds.empty()) {
        m_newestRoutes = event.expertIds;
        m_routes.append(event.expertIds, event.expertGates);
    }
}

storage::StatisticsRecord Reply::total(const engine::GenerationStatistics &now) const
{
    storage::StatisticsRecord record;
    record.promptTokens = now.promptTokens;
    record.cachedTokens = now.cachedTokens;
    record.promptSeconds = now.promptSeconds;
    record.contextUsed = now.contextUsed;
    record.contextLength = now.contextLength;
    // A continued reply keeps the first token it once had and adds up what was generated.
    record.firstTokenSeconds = m_earlier.firstTokenSeconds > 0.0 ? m_earlier.firstTokenSeconds : now.firstTokenSeconds;
    record.thinkingTokens = m_earlier.thinkingTokens + now.thinkingTokens;
    record.answerTokens = m_earlier.answerTokens + now.answerTokens;
    record.thinkingSeconds = m_earlier.thinkingSeconds + now.thinkingSeconds;
    record.answerSeconds = m_earlier.answerSeconds + now.answerSeconds;
    return record;
}

ReplyEnd Reply::end(const engine::GenerationFinished &event) const
{
    ReplyEnd end;
    switch (event.reason) {
    case engine::FinishReason::EndOfSequence:
        end.state = storage::MessageState::Complete;
        break;
    case engine::FinishReason::MaxTokens:
        end.state = storage::MessageState::LengthLimit;
        break;
    case engine::FinishReason::ContextFull:
        end.state = storage::MessageState::ContextFull;
        break;
    case engine::FinishReason::Stopped:
        end.state = storage::MessageState::Stopped;
        break;
    }
    end.thinkingClosed = event.endedIn == engine::TextPart::Answer;
    end.statistics = total(event.statistics);
    return end;
}

ReplyEnd Reply::end(const engine::GenerationFailed &event) const
{
    ReplyEnd end;
    end.state = storage::MessageState::Failed;
    end.thinkingClosed = m_live.answerTokens > 0 || m_live.thinkingTokens == 0;
    end.statistics = total(event.statistics);
    end.failure = event.failure;
    return end;
}

} // namespace app
