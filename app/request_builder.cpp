#include "app/request_builder.h"

#include <QRandomGenerator>
#include <array>

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

/// It would teach the model to answer nothing.
bool neverAnswered(const storage::MessageRecord &message)
{
    return message.role == MessageRole::Assistant && textOf(message, PartKind::Answer).empty();
}

engine::ThinkingRetention retentionOf(storage::ThoughtsShown shown)
{
    switch (shown) {
    case storage::ThoughtsShown::All:
        return engine::ThinkingRetention::All;
    case storage::ThoughtsShown::Newest:
        return engine::ThinkingRetention::Newest;
    case storage::ThoughtsShown::None:
        return engine::ThinkingRetention::None;
    case storage::ThoughtsShown::Template:
        break;
    }
    return engine::ThinkingRetention::Template;
}

engine::ThinkingMode modeOf(storage::ThinkingMode mode)
{
    switch (mode) {
    case storage::ThinkingMode::On:
        return engine::ThinkingMode::On;
    case storage::ThinkingMode::Off:
        return engine::ThinkingMode::Off;
    case storage::ThinkingMode::Template:
        break;
    }
    return engine::ThinkingMode::Template;
}

} // namespace

engine::GenerationRequest buildRequest(const ConversationTree &tree, const storage::MessageRecord &reply,
                                       bool continuing)
{
    engine::GenerationRequest request;
    for (const auto *message : tree.pathTo(reply.parent)) {
        if (!neverAnswered(*message))
            request.messages.push_back(chatMessage(*message));
    }
    const engine::ChatMessage begun = chatMessage(reply);
    request.continueLast = continuing && !(begun.text.empty() && begun.thinking.empty());
    if (request.continueLast)
        request.messages.push_back(begun);
    request.retention = retentionOf(reply.thinking.thoughtsShown);
    request.thinking = modeOf(reply.thinking.mode);
    if (reply.sampler) {
        request.sampler = samplerSettings(*reply.sampler);
        request.maxTokens = reply.sampler->maxTokens;
    }
    return request;
}

std::vector<std::string> unansweredThoughts(const ConversationTree &tree, const storage::MessageRecord &reply)
{
    std::vector<std::string> thoughts;
    for (const auto *message : tree.pathTo(reply.parent)) {
        std::string thought = textOf(*message, PartKind::Thinking);
        if (neverAnswered(*message) && !thought.empty())
            thoughts.push_back(std::move(thought));
    }
    return thoughts;
}

storage::ThinkingRecord thinkingFor(const ui::UiSettings &settings, const engine::ModelInfo &model)
{
    constexpr std::array shown{storage::ThoughtsShown::Template, storage::ThoughtsShown::All,
                               storage::ThoughtsShown::Newest, storage::ThoughtsShown::None};
    constexpr std::array modes{storage::ThinkingMode::Template, storage::ThinkingMode::On, storage::ThinkingMode::Off};
    storage::ThinkingRecord record;
    record.thoughtsShown = shown.at(static_cast<std::size_t>(settings.retention));
    if (model.canSwitchThinking)
        record.mode = modes.at(static_cast<std::size_t>(settings.thinkingMode));
    return record;
}

bool beginsWithThought(const storage::ThinkingRecord &thinking, const engine::ModelInfo &model)
{
    return ui::thinks(modeOf(thinking.mode), model);
}

storage::SamplerRecord samplerFor(const ui::UiSettings &settings, const engine::ModelInfo &model)
{
    storage::SamplerRecord sampler = ui::samplerInUse(settings, model);
    // SQLite stores signed 64-bit numbers; 63 bits survive every format.
    if (settings.randomSeed)
        sampler.seed = QRandomGenerator::system()->generate64() >> 1;
    return sampler;
}

} // namespace app
