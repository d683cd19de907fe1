#include "app/reply_trace.h"

#include <algorithm>
#include <cmath>

namespace app {

namespace {

constexpr std::size_t chunkTokens = 256;

std::optional<std::uint16_t> rankOf(const engine::TokenGenerated &event)
{
    for (std::size_t rank = 0; rank < event.alternatives.size(); ++rank) {
        if (event.alternatives[rank].token == event.token)
            return static_cast<std::uint16_t>(rank);
    }
    return std::nullopt;
}

std::uint16_t milliseconds(double seconds)
{
    return static_cast<std::uint16_t>(std::lround(std::clamp(seconds * 1000.0, 0.0, 65535.0)));
}

/// Where the chunk that begins at `first` ends; `first` if it is not whole and must be.
std::size_t endOfChunk(std::size_t first, std::size_t tokens, bool ended)
{
    const std::size_t end = std::min(first + chunkTokens, tokens);
    return ended || end == first + chunkTokens ? end : first;
}

storage::TraceChunk chunk(int plane, std::size_t first, std::size_t end, std::vector<std::uint8_t> data)
{
    return {plane, static_cast<int>(first / chunkTokens), static_cast<std::int64_t>(first),
            static_cast<std::int64_t>(end - first), std::move(data)};
}

} // namespace

void ReplyTrace::take(const engine::PromptProcessed &event)
{
    for (const engine::PromptToken &token : event.tokens)
        m_tokens.push_back({token.token, engine::TokenPhase::Prompt, std::nullopt, std::nullopt, 0});
    m_previousToken = event.seconds;
}

void ReplyTrace::take(const engine::TokenGenerated &event)
{
    const bool thinking = event.part == engine::TextPart::Thinking;
    m_tokens.push_back({event.token, thinking ? engine::TokenPhase::Thinking : engine::TokenPhase::Answer,
                        std::log(event.probability), rankOf(event), milliseconds(event.seconds - m_previousToken)});
    m_previousToken = event.seconds;
}

std::vector<storage::TraceChunk> ReplyTrace::takeChunks(const engine::RoutingTrace &routes, bool ended)
{
    using Plane = engine::RoutingTrace::Plane;
    std::vector<storage::TraceChunk> chunks;
    if (routes.empty())
        return chunks;
    for (std::size_t end = 0; (end = endOfChunk(m_routesTaken, routes.tokens(), ended)) > m_routesTaken;
         m_routesTaken = end) {
        for (const Plane plane : {Plane::Ids, Plane::Gates})
            chunks.push_back(chunk(static_cast<int>(plane), m_routesTaken, end,
                                   routes.encodeChunk(plane, m_routesTaken, end - m_routesTaken)));
    }
    for (std::size_t end = 0; (end = endOfChunk(m_tokensTaken, m_tokens.size(), ended)) > m_tokensTaken;
         m_tokensTaken = end) {
        const auto tokens = std::span(m_tokens).subspan(m_tokensTaken, end - m_tokensTaken);
        chunks.push_back(chunk(engine::tokenPlane, m_tokensTaken, end, engine::encodeTokens(tokens, m_tokensTaken)));
    }
    return chunks;
}

storage::TraceRun traceRun(storage::MessageId message, const engine::ModelInfo &model)
{
    storage::TraceRun run;
    run.message = message;
    run.modelName = model.name;
    run.modelFingerprint = model.fingerprint;
    run.routedExperts = model.routedExperts;
    run.expertsPerToken = model.expertsPerToken;
    run.expertGroups = model.expertGroups;
    run.groupsPerToken = model.groupsPerToken;
    run.sharedExperts = model.sharedExperts;
    run.moeLayers = model.moeLayers;
    return run;
}

} // namespace app
