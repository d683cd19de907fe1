#include "engine/sampling/token_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace engine::sampling {
namespace {

/// Ids and logits of the highest; the probabilities hold the logits until those are known.
void findHighest(std::span<const float> logits, TokenChoice &choice)
{
    int count = 0;
    float(&best)[choiceAlternatives] = choice.probabilities;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (count == choiceAlternatives && !(logits[i] > best[count - 1]))
            continue;
        int place = count < choiceAlternatives ? count++ : count - 1;
        for (; place > 0 && logits[i] > best[place - 1]; --place) {
            best[place] = best[place - 1];
            choice.alternatives[place] = choice.alternatives[place - 1];
        }
        best[place] = logits[i];
        choice.alternatives[place] = static_cast<std::int32_t>(i);
    }
    std::fill(choice.alternatives + count, choice.alternatives + choiceAlternatives, -1);
}

} // namespace

void TokenChooser::reserve(int tokens)
{
    m_candidates.reserve(static_cast<std::size_t>(std::max(tokens, 0)));
}

TokenChoice TokenChooser::choose(std::span<const float> logits, const ChoiceSettings &settings,
                                 std::span<std::uint8_t> seen)
{
    TokenChoice choice;
    const auto bad = std::find_if(logits.begin(), logits.end(), [](float x) { return !std::isfinite(x); });
    if (bad != logits.end()) {
        choice.notFinite = static_cast<std::int32_t>(bad - logits.begin());
        choice.notFiniteLogit = *bad;
        return choice;
    }
    const std::span<const float> defined = logits.first(static_cast<std::size_t>(settings.definedTokens));
    findHighest(defined, choice);
    const double peak = choice.probabilities[0];
    double sum = 0.0;
    for (const float logit : defined)
        sum += std::exp(static_cast<double>(logit) - peak);
    const auto probability = [&](float logit) {
        return static_cast<float>(std::exp(static_cast<double>(logit) - peak) / sum);
    };
    for (int i = 0; i < choiceAlternatives; ++i)
        choice.probabilities[i] = choice.alternatives[i] < 0 ? 0.0F : probability(choice.probabilities[i]);

    collectCandidates(defined, settings.repetitionPenalty, seen);
    choice.token = settings.temperature == 0.0F ? greedy() : drawCandidate(settings);
    const auto chosen = static_cast<std::size_t>(choice.token);
    choice.probability = probability(defined[chosen]);
    if (!seen.empty())
        seen[chosen] = 1;
    return choice;
}

/// A total order: equal logits by id, so that the result does not depend on how a sort treats them.
bool TokenChooser::moreProbable(const Candidate &a, const Candidate &b)
{
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

void TokenChooser::collectCandidates(std::span<const float> logits, float penalty, std::span<const std::uint8_t> seen)
{
    m_candidates.clear();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        float logit = logits[i];
        if (!seen.empty() && seen[i] != 0)
            logit = logit < 0.0F ? logit * penalty : logit / penalty;
        // A penalty near 0 must not turn a finite logit into infinity.
        logit = std::clamp(logit, std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max());
        m_candidates.push_back({logit, static_cast<std::int32_t>(i), 0.0});
    }
}

std::int32_t TokenChooser::greedy() const
{
    return std::min_element(m_candidates.begin(), m_candidates.end(), moreProbable)->token;
}

void TokenChooser::weigh(float temperature)
{
    const double peak = std::min_element(m_candidates.begin(), m_candidates.end(), moreProbable)->logit;
    for (Candidate &candidate : m_candidates)
        candidate.weight = std::exp((static_cast<double>(candidate.logit) - peak) / static_cast<double>(temperature));
}

void TokenChooser::keepTopK(int topK)
{
    const auto kept = static_cast<std::size_t>(topK);
    if (kept == 0 || kept >= m_candidates.size())
        return;
    std::partial_sort(m_candidates.begin(), m_candidates.begin() + topK, m_candidates.end(), moreProbable);
    m_candidates.resize(kept);
}

/// The smallest number of most probable candidates whose share reaches topP. They are sorted only as far as
/// needed: usually a few of more than a hundred thousand are kept.
void TokenChooser::keepTopP(float topP)
{
    if (topP >= 1.0F)
        return;
    const double wanted = topP * totalWeight();
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

double TokenChooser::totalWeight() const
{
    return std::accumulate(m_candidates.begin(), m_candidates.end(), 0.0,
                           [](double sum, const Candidate &candidate) { return sum + candidate.weight; });
}

std::int32_t TokenChooser::drawCandidate(const ChoiceSettings &settings)
{
    weigh(settings.temperature);
    keepTopK(settings.topK);
    keepTopP(settings.topP);
    // The most probable one has weight 1 and passes.
    std::erase_if(m_candidates, [&](const Candidate &candidate) { return candidate.weight < settings.minP; });
    double target = settings.random * totalWeight();
    for (const Candidate &candidate : m_candidates) {
        target -= candidate.weight;
        if (target < 0.0)
            return candidate.token;
    }
    return m_candidates.back().token; // rounding left a little of the target
}

} // namespace engine::sampling
