#include "engine/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace engine::model {

namespace {

/// The pair index whose wavelength makes `rotations` turns over the original context.
double correction(double rotations, double width, double base, double original)
{
    return width * std::log(original / (2 * std::numbers::pi * rotations)) / (2 * std::log(base));
}

/// Slows the low frequencies down by `factor`, keeps the high ones, and ramps between the two.
void applyYarn(std::vector<double> &frequencies, const RopeScaling &yarn, double base)
{
    const auto width = static_cast<double>(2 * frequencies.size());
    const double original = yarn.original_max_position_embeddings;
    const double low = std::max(std::floor(correction(yarn.beta_fast, width, base, original)), 0.0);
    double high = std::min(std::ceil(correction(yarn.beta_slow, width, base, original)), width - 1);
    if (low == high)
        high += 0.001;
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
        frequencies[i] = frequencies[i] / yarn.factor * ramp + frequencies[i] * (1 - ramp);
    }
}

/// Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, with a ramp between the two.
void applyLlama3(std::vector<double> &frequencies, const RopeScaling &llama3)
{
    const double original = llama3.original_max_position_embeddings;
    for (double &frequency : frequencies) {
        const double turns = original * frequency / (2 * std::numbers::pi); // over the original context
        const double kept = (turns - llama3.low_freq_factor) / (llama3.high_freq_factor - llama3.low_freq_factor);
        const double ramp = std::clamp(kept, 0.0, 1.0);
        frequency = (1 - ramp) * frequency / llama3.factor + ramp * frequency;
    }
}

double yarnAmplitude(const RopeScaling &yarn)
{
    if (yarn.attention_factor > 0.0)
        return yarn.attention_factor;
    return yarnMscale(yarn.factor, yarn.mscale) / yarnMscale(yarn.factor, yarn.mscale_all_dim);
}

} // namespace

double yarnMscale(double factor, double k)
{
    return factor <= 1.0 ? 1.0 : 0.1 * k * std::log(factor) + 1.0;
}

Rope::Rope(const ModelConfig &config)
    : m_frequencies(static_cast<std::size_t>(config.ropeWidth() / 2)),
      m_pairs(config.isMla() || config.rope_adjacent ? backend::RopePairs::Adjacent : backend::RopePairs::Halves)
{
    const RopeScaling &scaling = config.rope_scaling;
    const double stretch = scaling.type == RopeScaling::Type::Linear ? scaling.factor : 1.0;
    for (std::size_t i = 0; i < m_frequencies.size(); ++i) {
        const double exponent = 2.0 * static_cast<double>(i) / config.ropeWidth();
        m_frequencies[i] = std::pow(config.rope_theta, -exponent) / stretch;
    }
    if (scaling.type == RopeScaling::Type::Llama3)
        applyLlama3(m_frequencies, scaling);
    if (scaling.type == RopeScaling::Type::Yarn) {
        applyYarn(m_frequencies, scaling, config.rope_theta);
        m_amplitude = yarnAmplitude(scaling);
    }
    for (std::size_t i = 0; i < scaling.frequency_factors.size(); ++i)
        m_frequencies[i] /= scaling.frequency_factors[i];
}

void Rope::angles(int position, float *cos, float *sin) const
{
    for (std::size_t i = 0; i < m_frequencies.size(); ++i) {
        const double angle = position * m_frequencies[i];
        cos[i] = static_cast<float>(std::cos(angle) * m_amplitude);
        sin[i] = static_cast<float>(std::sin(angle) * m_amplitude);
    }
}

double softmaxScale(const ModelConfig &config)
{
    const double scale = 1.0 / std::sqrt(static_cast<double>(config.qkHeadDim()));
    if (!config.isMla() || config.rope_scaling.type != RopeScaling::Type::Yarn)
        return scale;
    const double mscale = yarnMscale(config.rope_scaling.factor, config.rope_scaling.mscale_all_dim);
    return scale * mscale * mscale;
}

} // namespace engine::model
