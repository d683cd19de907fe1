#include "app/request_builder.h"

#include <QRandomGenerator>

namespace app {

using storage::MessageRole;
using storage::PartKind;

namespace {

engine::Role roleOf(MessageRole role)
{
    switch (role) {
    case MessageRole::System:
        return engine::Role::System;
    case MessageRole::User:
        return engine::Role::User;
    case MessageRole::Assistant:
        return engine::Role::Assistant;
    }
    return engine::Role::User;
}

engine::ChatMessage chatMessage(const storage::MessageRecord &message)
{
    return {roleOf(message.role), textOf(message, PartKind::Answer), textOf(message, PartKind::Thinking),
            thoughtClosed(message)};
}

engine::SamplerSettings samplerSettings(const storage::SamplerRecord &record)
{
    engine::SamplerSettings settings;
    settings.temperature = static_cast<float>(record.temperature);
    settings.topK = record.topK;
    settings.topP = static_cast<float>(record.topP);
    settings.minP = static_cast<float>(record.minP);
    settings.repetitionPenalty = static_cast<float>(record.repetitionPenalty);
    settings.seed = record.seed;
    return settings;
}

} // namespace

engine::GenerationRequest buildRequest(const ConversationTree &tree, const storage::MessageRecord &reply,
                                       bool continuing)
{
    engine::GenerationRequest request;
    for (const auto *message : tree.pathTo(reply.parent)) {
        const engine::ChatMessage entry = chatMessage(*message);
        // A reply that never got to an answer would teach the model to answer nothing.
        if (message->role == MessageRole::Assistant && entry.text.empty())
            continue;
        request.messages.push_back(entry);
    }
    const engine::ChatMessage begun = chatMessage(reply);
    request.continueLast = continuing && !(begun.text.empty() && begun.thinking.empty());
    if (request.continueLast)
        request.messages.push_back(begun);
    if (reply.sampler) {
        request.sampler = samplerSettings(*reply.sampler);
        request.maxTokens = reply.sampler->maxTokens;
    }
    return request;
}

storage::SamplerRecord samplerFor(const ui::UiSettings &settings, const engine::ModelInfo &model)
{
    storage::SamplerRecord sampler = settings.sampler;
    if (settings.useRecommendedSampler) {
        const std::uint64_t seed = sampler.seed;
        sampler = {};
        sampler.seed = seed;
        if (model.recommendedTemperature >= 0.0F)
            sampler.temperature = static_cast<double>(model.recommendedTemperature);
        if (model.recommendedTopP > 0.0F)
            sampler.topP = static_cast<double>(model.recommendedTopP);
        if (model.recommendedMaxTokens > 0)
            sampler.maxTokens = model.recommendedMaxTokens;
    }
    // SQLite stores signed 64-bit numbers; 63 bits survive every format.
    if (settings.randomSeed)
        sampler.seed = QRandomGenerator::system()->generate64() >> 1;
    return sampler;
}

} // namespace app
