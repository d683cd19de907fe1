#include "engine/training/adam.h"

#include <algorithm>
#include <cmath>

namespace engine::training {
namespace {

constexpr float kBeta1 = 0.9F;
constexpr float kBeta2 = 0.95F;
constexpr float kEpsilon = 1e-8F;
constexpr float kDecay = 0.1F;

float squaredNorm(const float *g, std::int64_t count)
{
    constexpr std::int64_t kChunk = 4096;
    double total = 0.0;
    for (std::int64_t begin = 0; begin < count; begin += kChunk) {
        float sum = 0.0F;
        for (std::int64_t i = begin; i < std::min(count, begin + kChunk); ++i)
            sum += g[i] * g[i];
        total += static_cast<double>(sum);
    }
    return static_cast<float>(total);
}

} // namespace

double adamStep(ParameterStore &store, AdamState &state, const AdamStep &step, double maxNorm)
{
    const auto count = step.end - step.begin;
    float *w = store.master.data_ptr<float>() + step.begin, *g = store.grad.data_ptr<float>() + step.begin;
    float *m = state.first.data_ptr<float>() + step.begin, *v = state.second.data_ptr<float>() + step.begin;
    const float *decays = store.decayMask.data_ptr<float>() + step.begin;
    const double norm = std::sqrt(static_cast<double>(squaredNorm(g, count)));
    const auto clip = static_cast<float>(std::min(1.0, maxNorm / (norm + 1e-6)));
    const auto n = static_cast<double>(step.step);
    const auto scale = static_cast<float>(step.rate / (1.0 - std::pow(static_cast<double>(kBeta1), n)));
    const auto unbias = static_cast<float>(1.0 / (1.0 - std::pow(static_cast<double>(kBeta2), n)));
    const float decay = static_cast<float>(step.rate) * kDecay;
    for (std::int64_t i = 0; i < count; ++i) {
        const float gradient = g[i] * clip;
        m[i] = kBeta1 * m[i] + (1.0F - kBeta1) * gradient;
        v[i] = kBeta2 * v[i] + (1.0F - kBeta2) * gradient * gradient;
        w[i] -= decay * decays[i] * w[i] + scale * m[i] / (std::sqrt(v[i] * unbias) + kEpsilon);
        g[i] = 0.0F;
    }
    return norm;
}

double multiStep(double progress)
{
    if (progress < 0.8)
        return 1.0;
    return progress < 0.9 ? 0.316 : 0.1;
}

double warmUp(std::int64_t step, std::int64_t warmUpSteps)
{
    return std::min(1.0, static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, warmUpSteps)));
}

} // namespace engine::training
