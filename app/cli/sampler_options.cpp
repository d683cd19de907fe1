#include "app/cli/sampler_options.h"

#include "app/cli/command.h"

#include <limits>
#include <random>

namespace app::cli {

namespace {

/// Numbers of this many bits are exact in every JSON reader.
constexpr unsigned seedBits = 53;

std::uint64_t randomSeed()
{
    std::random_device device;
    const std::uint64_t high = device();
    return ((high << 32U) | device()) >> (64U - seedBits);
}

} // namespace

void SamplerOptions::addTo(CLI::App &command)
{
    constexpr int unlimited = std::numeric_limits<int>::max();
    auto *const greedy = command.add_flag("--greedy", m_greedy, "Always the most probable token (temperature 0)");
    command.add_option("--temperature", m_temperature, "0 = greedy (default: recommended by the model)")
        ->type_name("X")
        ->check(within(0.0, 100.0))
        ->excludes(greedy);
    command.add_option("--top-k", m_topK, "Only the k most probable tokens, 0 = off")
        ->type_name("N")
        ->check(within(0, unlimited));
    command.add_option("--top-p", m_topP, "Only the most probable tokens that sum up to p, 1 = off")
        ->type_name("X")
        ->check(within(0.0, 1.0));
    command.add_option("--min-p", m_minP, "Only tokens at least this probable relative to the best, 0 = off")
        ->type_name("X")
        ->check(within(0.0, 1.0));
    command.add_option("--repetition-penalty", m_repetitionPenalty, "Above 1 makes tokens that occurred less probable")
        ->type_name("X")
        ->check(within(0.01, 100.0));
    command.add_option("--max-tokens", m_maxTokens, "Longest reply, thinking included")
        ->type_name("N")
        ->check(within(1, unlimited));
    command.add_option("--seed", m_seed, "Same seed, settings, model and prompt: same reply (default: random)")
        ->type_name("N");
}

engine::SamplerSettings SamplerOptions::settings(const engine::ModelInfo &model) const
{
    engine::SamplerSettings settings;
    if (model.recommendedTemperature >= 0.0F)
        settings.temperature = model.recommendedTemperature;
    if (model.recommendedTopP > 0.0F)
        settings.topP = model.recommendedTopP;
    settings.temperature = m_greedy ? 0.0F : m_temperature.value_or(settings.temperature);
    settings.topK = m_topK.value_or(settings.topK);
    settings.topP = m_topP.value_or(settings.topP);
    settings.minP = m_minP.value_or(settings.minP);
    settings.repetitionPenalty = m_repetitionPenalty.value_or(settings.repetitionPenalty);
    settings.seed = m_seed ? *m_seed : randomSeed();
    return settings;
}

int SamplerOptions::maxTokens(const engine::ModelInfo &model) const
{
    const int advised = model.recommendedMaxTokens > 0 ? model.recommendedMaxTokens : model.contextLength;
    return m_maxTokens.value_or(advised);
}

} // namespace app::cli
