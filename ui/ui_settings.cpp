#include "ui/ui_settings.h"

namespace ui {

storage::SamplerRecord samplerInUse(const UiSettings &settings, const engine::ModelInfo &model)
{
    storage::SamplerRecord sampler = settings.sampler;
    if (!settings.useRecommendedSampler)
        return sampler;
    sampler = {};
    sampler.seed = settings.sampler.seed;
    if (model.recommendedTemperature >= 0.0F)
        sampler.temperature = static_cast<double>(model.recommendedTemperature);
    if (model.recommendedTopP > 0.0F)
        sampler.topP = static_cast<double>(model.recommendedTopP);
    if (model.recommendedMaxTokens > 0)
        sampler.maxTokens = model.recommendedMaxTokens;
    return sampler;
}

bool thinks(engine::ThinkingMode mode, const engine::ModelInfo &model)
{
    return mode == engine::ThinkingMode::Template ? model.reasons : mode == engine::ThinkingMode::On;
}

} // namespace ui
