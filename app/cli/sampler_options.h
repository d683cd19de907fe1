#pragma once
// The sampler settings of a command line. What is not given is what the model recommends.

#include "engine/generation.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>

namespace app::cli {

class SamplerOptions {
public:
    void addTo(CLI::App &command);

    engine::SamplerSettings settings(const engine::ModelInfo &model) const;
    int maxTokens(const engine::ModelInfo &model) const; ///< without any advice the whole context

private:
    bool m_greedy = false;
    std::optional<float> m_temperature;
    std::optional<int> m_topK;
    std::optional<float> m_topP;
    std::optional<float> m_minP;
    std::optional<float> m_repetitionPenalty;
    std::optional<int> m_maxTokens;
    std::optional<std::uint64_t> m_seed;
};

} // namespace app::cli
