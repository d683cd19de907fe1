#include "engine/model/family_defaults.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace engine::model {
namespace {

using Advice = SystemPromptAdvice;

/// Negative: not recommended.
struct Family {
    std::string_view templateName;
    std::string_view architecture; ///< empty: any
    std::string_view source;
    float temperature;
    float topP;
    int maxTokens;
    float leastTemperature;
    float greatestTemperature;
    bool greedyRepeats;
    Advice systemPrompt;
};

constexpr std::array<Family, 11> families = {{
    {"deepseek-llm", "llama", "DeepSeek LLM README", 0.7F, 0.9F, -1, -1, -1, false, Advice::Discouraged},
    {"deepseek-llm", "deepseek", "DeepSeekMoE README", -1, -1, -1, -1, -1, false, Advice::Discouraged},
    {"deepseek-llm", "deepseek_v2", "DeepSeek-V2 model card", 0.3F, 0.95F, -1, -1, -1, false, Advice::Supported},
    {"deepseek-coder", "llama", "DeepSeek Coder README", 0.0F, 0.95F, -1, -1, -1, false, Advice::Supported},
    {"deepseek-v2.5", "deepseek_v2", "DeepSeek-V2.5 model card", 0.3F, 0.95F, -1, -1, -1, false, Advice::Supported},
    {"deepseek-v3", "deepseek_v2", "DeepSeek-V2.5 model card", 0.3F, 0.95F, -1, -1, -1, false, Advice::Supported},
    {"deepseek-v3", "deepseek_v3", "DeepSeek-V3-0324 model card", 0.3F, -1, -1, -1, -1, false, Advice::Supported},
    {"deepseek-r1", "", "DeepSeek-R1 model card", 0.6F, 0.95F, 32768, 0.5F, 0.7F, true, Advice::Discouraged},
    {"deepseek-r1-2025-01", "", "DeepSeek-R1 model card", 0.6F, 0.95F, 32768, 0.5F, 0.7F, true, Advice::Discouraged},
    {"deepseek-r1-0528", "", "DeepSeek-R1-0528 model card", 0.6F, 0.95F, 65536, 0.5F, 0.7F, true, Advice::Supported},
    {"deepseek-v3.1", "", "DeepSeek-V3.1 release", 0.6F, 0.95F, -1, -1, -1, false, Advice::Supported},
}};

const Family *familyOf(const ModelInfo &info)
{
    const auto found = std::find_if(families.begin(), families.end(), [&](const Family &family) {
        return family.templateName == info.templateName &&
               (family.architecture.empty() || family.architecture == info.architecture);
    });
    return found == families.end() ? nullptr : &*found;
}

/// Whether what the folder recommends may be meant for a model of the family.
bool fits(const Family &family, float temperature)
{
    return temperature < 0.0F || family.leastTemperature < 0.0F ||
           (temperature >= family.leastTemperature && temperature <= family.greatestTemperature);
}

void addSampling(const Family &family, ModelInfo &info)
{
    // Temperature and top-p belong together: a file that gives one of them means the other to be left alone.
    if (info.recommendedTemperature < 0.0F && info.recommendedTopP < 0.0F && family.temperature >= 0.0F) {
        info.recommendedTemperature = family.temperature;
        info.recommendedTopP = family.topP;
        info.recommendationSource = family.source;
    }
    if (info.recommendedMaxTokens < 0)
        info.recommendedMaxTokens = family.maxTokens;
    info.leastTemperature = family.leastTemperature;
    info.greatestTemperature = family.greatestTemperature;
    info.greedyRepeats = family.greedyRepeats;
}

} // namespace

void addFamilyDefaults(ModelInfo &info, bool onlyLastSystemMessage)
{
    if (info.recommendedTemperature >= 0.0F || info.recommendedTopP >= 0.0F)
        info.recommendationSource = "generation_config.json";
    if (onlyLastSystemMessage)
        info.systemPrompt = Advice::LastOnly;
    const Family *family = familyOf(info);
    if (family == nullptr || !fits(*family, info.recommendedTemperature))
        return;
    if (family->systemPrompt != Advice::Supported)
        info.systemPrompt = family->systemPrompt;
    addSampling(*family, info);
}

} // namespace engine::model
