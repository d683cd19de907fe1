#pragma once
// Chooses the next token from the logits.
//
// Order as in Hugging Face generate(): repetition penalty, temperature, top-k, top-p, min-p; then one draw per
// token. The random numbers come from a generator of our own (xoshiro256** seeded by splitmix64), because the
// distributions of <random> differ between standard libraries: the same seed, settings and logits give the same tokens.
//
// Thread contract: one sampler per generation, not shared.

#include "engine/generation.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace engine::sampling {

struct SampledToken {
    TokenId token = -1;
    float probability = 0.0F; ///< softmax of the raw logits over the defined tokens
    /// The most probable tokens, highest first (lower id first on ties); token −1 where there are fewer.
    std::array<TokenAlternative, alternativeCount> alternatives{};
};

class Sampler {
public:
    /// Ids at or above `definedTokens` (Tokenizer::size()) are padding rows of the output layer and are never
    /// sampled. Throws RequestInvalid, field "sampler.<name>", for a setting out of range: temperature 0…10 (0 =
    /// the most probable token, the lowest id on ties), topK ≥ 0, topP (0, 1], minP [0, 1], repetitionPenalty (0, 10].
    Sampler(const SamplerSettings &settings, int definedTokens);

    static void validate(const SamplerSettings &settings);

    /// Tokens the repetition penalty looks at besides those sampled here: as in Hugging Face, the whole prompt.
    void observe(std::span<const TokenId> prompt);

    /// `logits` [vocab_size] are raw. Throws NonFinite if one of a defined token is NaN or infinite, RequestInvalid
    /// if there are fewer than definedTokens. Allocates nothing.
    SampledToken sample(std::span<const float> logits);

private:
    struct Candidate {
        float logit; ///< after the repetition penalty
        TokenId token;
        double weight; ///< exp of the scaled logit minus the highest one
    };

    SamplerSettings m_settings;
    std::size_t m_defined;
    std::array<std::uint64_t, 4> m_random{};
    std::vector<bool> m_seen; ///< by token, for the repetition penalty
    std::vector<Candidate> m_candidates;

    static bool moreProbable(const Candidate &a, const Candidate &b);
    double draw(); ///< uniform in [0, 1)
    void collectCandidates(std::span<const float> logits);
    TokenId greedy() const;
    void weigh();
    void keepTopK();
    void keepTopP();
    double totalWeight() const;
    TokenId drawCandidate();
};

} // namespace engine::sampling
