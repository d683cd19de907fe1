#include "app/cli/json_output.h"

#include <array>
#include <charconv>
#include <cmath>

namespace app::cli {

namespace {

std::string compact(const Json &json)
{
    constexpr bool asciiOnly = true;
    return json.dump(-1, ' ', asciiOnly, Json::error_handler_t::replace);
}

/// Objects and lists of objects over several lines, lists of numbers and texts on one.
std::string pretty(const Json &json, const std::string &indent)
{
    const bool spread = json.is_object() || (json.is_array() && !json.empty() && json.front().is_object());
    if (!spread || json.empty())
        return compact(json);
    const std::string inner = indent + "  ";
    std::string text = json.is_object() ? "{" : "[";
    for (auto item = json.begin(); item != json.end(); ++item) {
        text += (item == json.begin() ? "\n" : ",\n") + inner;
        if (json.is_object())
            text += compact(item.key()) + ": ";
        text += pretty(*item, inner);
    }
    return text + "\n" + indent + (json.is_object() ? "}" : "]");
}

Json rateOrNull(int tokens, double seconds)
{
    return tokens > 0 && seconds > 0.0 ? Json(ratePerSecond(tokens, seconds)) : Json();
}

Json recommended(float value)
{
    return value < 0.0F ? Json() : number(value);
}

Json textOrNull(const std::string &text)
{
    return text.empty() ? Json() : Json(text);
}

const char *nameOf(engine::SystemPromptAdvice advice)
{
    switch (advice) {
    case engine::SystemPromptAdvice::Supported:
        return "supported";
    case engine::SystemPromptAdvice::Discouraged:
        return "discouraged";
    case engine::SystemPromptAdvice::LastOnly:
        return "last_only";
    }
    return "unknown";
}

} // namespace

std::string dumpLine(const Json &json)
{
    return compact(json) + '\n';
}

std::string dumpPretty(const Json &json)
{
    return pretty(json, "") + '\n';
}

Json number(float value)
{
    if (!std::isfinite(value))
        return {};
    std::array<char, 64> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    double result = 0.0;
    std::from_chars(text.data(), end.ptr, result);
    return result;
}

Json toJson(const engine::ModelInfo &info)
{
    Json json = modelIdentity(info);
    json["parameters_total"] = info.parametersTotal;
    json["parameters_active"] = info.parametersActive;
    json["parameters_mtp"] = info.parametersMtp;
    json["weight_bytes"] = info.weightBytes;
    json["kv_bytes_per_token"] = info.kvBytesPerToken;
    json["cache_format"] = engine::cacheFormatName(info.cacheFormat);
    json["context_length"] = info.contextLength;
    json["max_context_length"] = info.maxContextLength;
    json["activations"] = nameOf(info.activations);
    json["context_capped"] = info.contextCapped;
    json["vocab_size"] = info.vocabSize;
    json["layers"] = info.layers;
    json["hidden_size"] = info.hiddenSize;
    json["heads"] = info.heads;
    json["kv_lora_rank"] = info.kvLoraRank;
    json["routed_experts"] = info.routedExperts;
    json["shared_experts"] = info.sharedExperts;
    json["experts_per_token"] = info.expertsPerToken;
    json["expert_groups"] = info.expertGroups;
    json["groups_per_token"] = info.groupsPerToken;
    json["moe_layers"] = info.moeLayers;
    json["reasons"] = info.reasons;
    json["template"] = info.templateName;
    json["can_switch_thinking"] = info.canSwitchThinking;
    json["system_prompt"] = nameOf(info.systemPrompt);
    json["recommended"] = {{"temperature", recommended(info.recommendedTemperature)},
                           {"top_p", recommended(info.recommendedTopP)},
                           {"max_tokens", info.recommendedMaxTokens < 0 ? Json() : Json(info.recommendedMaxTokens)},
                           {"source", textOrNull(info.recommendationSource)},
                           {"least_temperature", recommended(info.leastTemperature)},
                           {"greatest_temperature", recommended(info.greatestTemperature)},
                           {"greedy_repeats", info.greedyRepeats}};
    return json;
}

Json modelIdentity(const engine::ModelInfo &info)
{
    return {{"name", info.name},
            {"folder", info.folder},
            {"fingerprint", info.fingerprint},
            {"architecture", info.architecture},
            {"quantization", info.quantization}};
}

Json toJson(const engine::GenerationStatistics &statistics)
{
    const int newPromptTokens = statistics.promptTokens - statistics.cachedTokens;
    return {
        {"prompt_tokens", statistics.promptTokens},
        {"cached_tokens", statistics.cachedTokens},
        {"thinking_tokens", statistics.thinkingTokens},
        {"answer_tokens", statistics.answerTokens},
        {"prompt_seconds", statistics.promptSeconds},
        {"first_token_seconds", statistics.firstTokenSeconds},
        {"thinking_seconds", statistics.thinkingSeconds},
        {"answer_seconds", statistics.answerSeconds},
        {"prefill_tokens_per_second", rateOrNull(newPromptTokens, statistics.promptSeconds)},
        {"thinking_tokens_per_second", rateOrNull(statistics.thinkingTokens, statistics.thinkingSeconds)},
        {"answer_tokens_per_second", rateOrNull(statistics.answerTokens, statistics.answerSeconds)},
        {"context_used", statistics.contextUsed},
        {"context_length", statistics.contextLength},
    };
}

Json toJson(const engine::SamplerSettings &sampler)
{
    return {{"temperature", number(sampler.temperature)},
            {"top_k", sampler.topK},
            {"top_p", number(sampler.topP)},
            {"min_p", number(sampler.minP)},
            {"repetition_penalty", number(sampler.repetitionPenalty)}};
}

Json toJson(const CommandError &error)
{
    return {{"code", error.code()},
            {"sentence", error.what()},
            {"next_step", error.nextStep()},
            {"file", error.file()},
            {"field", error.field()}};
}

const char *nameOf(engine::Activations activations)
{
    return activations == engine::Activations::Fp8 ? "fp8" : "exact";
}

const char *nameOf(engine::FinishReason reason)
{
    switch (reason) {
    case engine::FinishReason::EndOfSequence:
        return "end_of_sequence";
    case engine::FinishReason::MaxTokens:
        return "max_tokens";
    case engine::FinishReason::ContextFull:
        return "context_full";
    case engine::FinishReason::Stopped:
        return "stopped";
    }
    return "unknown";
}

const char *nameOf(engine::TextPart part)
{
    return part == engine::TextPart::Thinking ? "thinking" : "answer";
}

const char *nameOf(engine::PromptSource source)
{
    switch (source) {
    case engine::PromptSource::Bos:
        return "bos";
    case engine::PromptSource::Markup:
        return "markup";
    case engine::PromptSource::System:
        return "system";
    case engine::PromptSource::User:
        return "user";
    case engine::PromptSource::Thinking:
        return "thinking";
    case engine::PromptSource::Answer:
        return "answer";
    }
    return "unknown";
}

const char *nameOf(engine::OmissionReason reason)
{
    switch (reason) {
    case engine::OmissionReason::TemplateDropsThoughts:
        return "template_drops_thoughts";
    case engine::OmissionReason::RetentionPolicy:
        return "retention_policy";
    case engine::OmissionReason::ThoughtNotClosed:
        return "thought_not_closed";
    case engine::OmissionReason::OnlyLastSystemMessage:
        return "only_last_system_message";
    case engine::OmissionReason::ModelHasNoThoughts:
        return "model_has_no_thoughts";
    }
    return "unknown";
}

double ratePerSecond(int tokens, double seconds)
{
    return seconds > 0.0 ? tokens / seconds : 0.0;
}

} // namespace app::cli
