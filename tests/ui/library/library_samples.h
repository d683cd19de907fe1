#pragma once
// Models of every kind, as a scan reports them.

#include "engine/model_library.h"

#include <string>
#include <vector>

namespace samples {

constexpr std::uint64_t gibi = std::uint64_t{1} << 30;
constexpr std::uint64_t memory = 16 * gibi;

inline const engine::ModelPlace bundled{engine::ModelPlaceKind::Bundled, "/share/models"};
inline const engine::ModelPlace chosen{engine::ModelPlaceKind::Chosen, "/data/我的模型"};
inline const engine::ModelPlace hub{engine::ModelPlaceKind::HuggingFace, "/cache/huggingface/hub"};
inline const engine::ModelPlace ollama{engine::ModelPlaceKind::Ollama, "/ollama/models"};

inline std::vector<engine::ModelPlace> places()
{
    return {bundled, chosen, hub, ollama};
}

inline engine::MemoryPlan plan(std::uint64_t weights, std::uint64_t kvBytesPerToken, int maxContext)
{
    engine::MemoryPlan plan;
    plan.weightBytes = weights;
    plan.kvBytesPerToken = kvBytesPerToken;
    plan.maxContextLength = maxContext;
    plan.bufferBytes = 100 << 20;
    return plan.with(0, memory);
}

inline engine::ModelEntry entry(const engine::ModelPlace &place, const std::string &name, std::uint64_t bytes,
                                std::uint64_t kvBytesPerToken, int maxContext)
{
    engine::ModelEntry entry;
    entry.path = place.path + "/" + name;
    entry.name = name;
    entry.places = {place};
    entry.architecture = "deepseek_v2";
    entry.quantization = "BF16";
    entry.bytes = bytes;
    entry.parametersTotal = bytes / 2;
    entry.parametersActive = bytes / 8;
    entry.contextLength = maxContext;
    entry.plan = plan(bytes, kvBytesPerToken, maxContext);
    return entry;
}

inline engine::ModelEntry refused(const engine::ModelPlace &place, const std::string &name)
{
    engine::ModelEntry entry;
    entry.path = place.path + "/" + name;
    entry.name = name;
    entry.places = {place};
    entry.architecture = "deepseek_v32";
    entry.bytes = 3 * gibi;
    entry.failure =
        engine::Failure{engine::ErrorCode::UnsupportedArchitecture, entry.path + "/config.json", "model_type",
                        entry.path + "/config.json: model_type = \"deepseek_v32\" is not supported."};
    return entry;
}

/// One that fits, one of which a part of the context fits, one that is too large, and one that cannot be opened.
inline std::vector<engine::ModelEntry> entries()
{
    auto both = entry(hub, "deepseek-ai/DeepSeek-V2-Lite", 8 * gibi, 31'104, 163'840);
    both.places.push_back(chosen);
    return {entry(bundled, "nano-r1", 5 << 20, 640, 4096), both,
            entry(hub, "deepseek-ai/deepseek-llm-7b", 14 * gibi, 491'520, 4096),
            entry(ollama, "deepseek-r1:671b", 400 * gibi, 70'272, 163'840), refused(hub, "deepseek-ai/DeepSeek-V3.2")};
}

inline std::vector<engine::PlaceReport> reports()
{
    return {{bundled, true, 1, false, {}},
            {chosen, true, 1, false, {}},
            {hub, true, 3, false, {}},
            {ollama, true, 1, false, {}}};
}

} // namespace samples
