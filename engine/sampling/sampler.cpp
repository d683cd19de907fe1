#include "engine/sampling/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace engine::sampling {
namespace {

std::uint64_t splitmix64(std::uint64_t &state)
{
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state;
    z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27U) * 0x94D049BB133111EBU;
    return z ^ z >> 31U;
}

std::uint64_t xoshiro256StarStar(std::array<std::uint64_t, 4> &s)
{
    const std::uint64_t result = std::rotl(s[1] * 5, 7) * 9;
    const std::uint64_t t = s[1] << 17U;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    return result;
}

void requireField(bool holds, const char *field, const std::string &allowed)
{
    if (!holds)
        throw Error(ErrorCode::RequestInvalid, "", std::string("sampler.") + field,
                    std::string("The sampler setting ") + field + " must be " + allowed + ".");
}

void requireFinite(std::span<const float> logits)
{
    const auto bad = std::find_if(logits.begin(), logits.end(), [](float x) { return !std::isfinite(x); });
    if (bad == logits.end())
        return;
    const std::string field = "logits[" + std::to_string(bad - logits.begin()) + "]";
    throw Error(ErrorCode::NonFinite, "", field,
                "The model computed " + std::string(std::isnan(*bad) ? "NaN" : "an infinite value") + " for " + field +
                    "; no token can be chosen.");
}

std::array<TokenAlternative, alternativeCount> highest(std::span<const float> logits)
{
    std::array<TokenAlternative, alternativeCount> best{}; // probability holds the logit until it is known
    std::size_t count = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (count == best.size() && !(logits[i] > best.back().probability))
            continue;
        std::size_t place = count < best.size() ? count++ : best.size() - 1;
        for (; place > 0 && logits[i] > best[place - 1].probability; --place)
            best[place] = best[place - 1];
        best[place] = {static_cast<TokenId>(i), logits[i]};
    }
    return best;
}

} // namespace

Sampler::Sampler(const SamplerSettings &settings, int definedTokens)
    : m_settings(settings), m_defined(static_cast<std::size_t>(std::max(definedTokens, 0)))
{
    validate(settings);
    if (m_defined == 0)
        throw Error(ErrorCode::RequestInvalid, "", "definedTokens", "A sampler needs at least one defined token.");
    std::uint64_t seed = settings.seed;
    for (std::uint64_t &word : m_random)
        word = splitmix64(seed);
    m_seen.resize(settings.repetitionPenalty == 1.0F ? 0 : m_defined);
    m_candidates.reserve(m_defined);
}

void Sampler::validate(const SamplerSettings &settings)
{
    // Written so that NaN fails.
    requireField(settings.temperature >= 0.0F && settings.temperature <= 10.0F, "temperature", "from 0 to 10");
    requireField(settings.topK >= 0, "topK", "0 (off) or positive");
    requireField(settings.topP > 0.0F && settings.topP <= 1.0F, "topP", "above 0 and at most 1");
    requireField(settings.minP >= 0.0F && settings.minP <= 1.0F, "minP", "from 0 to 1");
    requireField(settings.repetitionPenalty > 0.0F && settings.repetitionPenalty <= 10.0F, "repetitionPenalty",
                 "above 0 and at most 10");
}

void Sampler::observe(std::span<const TokenId> prompt)
{
    for (const TokenId token : prompt) {
        if (token >= 0 && static_cast<std::size_t>(token) < m_seen.size())
            m_seen[static_cast<std::size_t>(token)] = true;
    }
}

SampledToken Sampler::sample(std::span<const float> logits)
{
    if (logits.size() < m_defined)
        throw Error(ErrorCode::RequestInvalid, "", "logits",
                    "The model has " + std::to_string(logits.size()) + " logits for " + std::to_string(m_defined) +
                        " tokens.");
    const std::span<const float> defined = logits.first(m_defined);
    requireFinite(defined);

    SampledToken result;
    result.alternatives = highest(defined);
    const double peak = result.alternatives.front().probability;
    double sum = 0.0;
    for (const float logit : defined)
        sum += std::exp(static_cast<double>(logit) - peak);
    const auto probability = [&](float logit) {
        return static_cast<float>(std::exp(static_cast<double>(logit) - peak) / sum);
    };
    for (TokenAlternative &alternative : result.alternatives)
        alternative.probability = alternative.token < 0 ? 0.0F : probability(alternative.probability);

    collectCandidates(defined);
    result.token = m_settings.temperature == 0.0F ? greedy() : drawCandidate();
    result.probability = probability(defined[static_cast<std::size_t>(result.token)]);
    observe({&result.token, 1});
    return result;
}

/// A total order: equal logits by id, so that the result does not depend on how a sort treats them.
bool Sampler::moreProbable(const Candidate &a, const Candidate &b)
{
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

double Sampler::draw()
{
    return static_cast<double>(xoshiro256StarStar(m_random) >> 11U) * 0x1.0p-53;
}

void Sampler::collectCandidates(std::span<const float> logits)
{
    m_candidates.clear();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        float logit = logits[i];
        if (!m_seen.empty() && m_seen[i])
            logit = logit < 0.0F ? logit * m_settings.repetitionPenalty : logit / m_settings.repetitionPenalty;
        // A penalty near 0 must not turn a finite logit into infinity.
        logit = std::clamp(logit, std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max());
        m_candidates.push_back({logit, static_cast<TokenId>(i), 0.0});
    }
}

TokenId Sampler::greedy() const
{
    return std::min_element(m_candidates.begin(), m_candidates.end(), moreProbable)->token;
}

void Sampler::weigh()
{
    const double peak = std::min_element(m_candidates.begin(), m_candidates.end(), moreProbable)->logit;
    const double temperature = m_settings.temperature;
    for (Candidate &candidate : m_candidates)
        candidate.weight = std::exp((static_cast<double>(candidate.logit) - peak) / temperature);
}

void Sampler::keepTopK()
{
    const auto kept = static_cast<std::size_t>(m_settings.topK);
    if (kept == 0 || kept >= m_candidates.size())
        return;
    std::partial_sort(m_candidates.begin(), m_candidates.begin() + m_settings.topK, m_candidates.end(), moreProbable);
    m_candidates.resize(kept);
}

/// The smallest number of most probable candidates whose share reaches topP. They are sorted only as far as
/// needed: usually a few of more than a hundred thousand are kept.
void Sampler::keepTopP()
{
    if (m_settings.topP >= 1.0F)
        return;
    const double wanted = m_settings.topP * totalWeight();
    double sum = 0.0;
    std::size_t kept = 0;
    std::size_t sorted = 0;
    for (; kept < m_candidates.size() && sum < wanted; ++kept) {
        if (kept == sorted) {
            sorted = std::min(m_candidates.size(), std::max<std::size_t>(64, 4 * sorted));
            const auto begin = m_candidates.begin();
            std::partial_sort(begin + static_cast<std::ptrdiff_t>(kept), begin + static_cast<std::ptrdiff_t>(sorted),
                              m_candidates.end(), moreProbable);
        }
        sum += m_candidates[kept].weight;
    }
    m_candidates.resize(kept);
}

double Sampler::totalWeight() const
{
    return std::accumulate(m_candidates.begin(), m_candidates.end(), 0.0,
                           [](double sum, const Candidate &candidate) { return sum + candidate.weight; });
}

TokenId Sampler::drawCandidate()
{
    weigh();
    keepTopK();
    keepTopP();
    // The most probable one has weight 1 and passes.
    std::erase_if(m_candidates, [this](const Candidate &candidate) { return candidate.weight < m_settings.minP; });
    double target = draw() * totalWeight();
    for (const Candidate &candidate : m_candidates) {
        target -= candidate.weight;
        if (target < 0.0)
            return candidate.token;
    }
    return m_candidates.back().token; // rounding left a little of the target
}

} // namespace engine::sampling
