#pragma once
// The choice of the next token from the logits, without state: what a backend does as one of its ops, and the code the
// host does it with.
//
// Order as in Hugging Face generate(): repetition penalty, temperature, top-k, top-p, min-p; then one draw.

#include <cstdint>
#include <span>
#include <vector>

namespace engine::sampling {

/// How one token is chosen. Plain data of a fixed layout, as a backend may read it in a device's memory.
struct ChoiceSettings {
    double random = 0.0;            ///< uniform in [0, 1); of one choice
    float temperature = 0.0F;       ///< 0: the most probable token, the lowest id on ties
    float topP = 1.0F;              ///< 1 = off
    float minP = 0.0F;              ///< 0 = off
    float repetitionPenalty = 1.0F; ///< 1 = off
    std::int32_t topK = 0;          ///< 0 = off
    std::int32_t definedTokens = 0; ///< ids from here on are padding rows of the output layer: never chosen
};

inline constexpr int choiceAlternatives = 8;

/// What was chosen. Probabilities are the softmax of the raw logits over the defined tokens.
struct TokenChoice {
    std::int32_t token = -1; ///< −1: a logit is not finite
    float probability = 0.0F;
    std::int32_t notFinite = -1; ///< the first id with such a logit
    float notFiniteLogit = 0.0F;
    std::int32_t alternatives[choiceAlternatives] = {}; ///< highest first, lower id first on ties; −1 past the last
    float probabilities[choiceAlternatives] = {};       ///< of the alternatives
};

class TokenChooser {
public:
    /// Takes the memory for up to `tokens` defined tokens.
    void reserve(int tokens);
    std::uint64_t bytes() const { return m_candidates.capacity() * sizeof(Candidate); }

    /// `logits` [at least definedTokens]; all are looked at for what is not finite. `seen` [definedTokens], or empty:
    /// not 0 for the tokens the repetition penalty is for; the chosen one joins them. Allocates nothing.
    TokenChoice choose(std::span<const float> logits, const ChoiceSettings &settings, std::span<std::uint8_t> seen);

private:
    struct Candidate {
        float logit; ///< after the repetition penalty
        std::int32_t token;
        double weight; ///< exp of the scaled logit minus the highest one
    };
    std::vector<Candidate> m_candidates;

    static bool moreProbable(const Candidate &a, const Candidate &b);
    void collectCandidates(std::span<const float> logits, float penalty, std::span<const std::uint8_t> seen);
    std::int32_t greedy() const;
    void weigh(float temperature);
    void keepTopK(int topK);
    void keepTopP(float topP);
    double totalWeight() const;
    std::int32_t drawCandidate(const ChoiceSettings &settings);
};

} // namespace engine::sampling
