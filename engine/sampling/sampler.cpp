#include "engine/sampling/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
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

static_assert(choiceAlternatives == static_cast<int>(alternativeCount));

[[noreturn]] void refuse(std::int32_t token, float logit)
{
    const std::string field = "logits[" + std::to_string(token) + "]";
    throw Error(ErrorCode::NonFinite, "", field,
                "The model computed " + std::string(std::isnan(logit) ? "NaN" : "an infinite value") + " for " + field +
                    "; no token can be chosen.");
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
    m_chooser.reserve(definedTokens);
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
            m_seen[static_cast<std::size_t>(token)] = 1;
    }
}

SampledToken Sampler::sample(std::span<const float> logits)
{
    if (logits.size() < m_defined)
        throw Error(ErrorCode::RequestInvalid, "", "logits",
                    "The model has " + std::to_string(logits.size()) + " logits for " + std::to_string(m_defined) +
                        " tokens.");
    const TokenChoice choice = m_chooser.choose(logits.first(m_defined), next(), m_seen);
    if (choice.notFinite >= 0)
        refuse(choice.notFinite, choice.notFiniteLogit);
    return sampledToken(choice);
}

ChoiceSettings Sampler::next()
{
    ChoiceSettings settings;
    settings.random = m_settings.temperature == 0.0F ? 0.0 : draw();
    settings.temperature = m_settings.temperature;
    settings.topP = m_settings.topP;
    settings.minP = m_settings.minP;
    settings.repetitionPenalty = m_settings.repetitionPenalty;
    settings.topK = m_settings.topK;
    settings.definedTokens = static_cast<std::int32_t>(m_defined);
    return settings;
}

double Sampler::draw()
{
    return static_cast<double>(xoshiro256StarStar(m_random) >> 11U) * 0x1.0p-53;
}

SampledToken sampledToken(const TokenChoice &choice)
{
    SampledToken result{choice.token, choice.probability, {}};
    for (std::size_t i = 0; i < alternativeCount; ++i)
        result.alternatives[i] = {choice.alternatives[i], choice.probabilities[i]};
    return result;
}

} // namespace engine::sampling
