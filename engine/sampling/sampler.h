#pragma once
// The settings and the random numbers the tokens of a reply are chosen with.
//
// The random numbers come from a generator of our own (xoshiro256** seeded by splitmix64), because the
// distributions of <random> differ between standard libraries: the same seed, settings and logits give the same tokens.
//
// Thread contract: one sampler per generation, not shared.

#include "engine/generation.h"
#include "engine/sampling/token_choice.h"

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

SampledToken sampledToken(const TokenChoice &choice);

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

    /// The same in two halves, where a backend chooses: how the next token is to be chosen, with a new random number;
    /// seen() is what the repetition penalty looks at, empty when it is off.
    ChoiceSettings next();
    std::span<const std::uint8_t> seen() const { return m_seen; }

private:
    SamplerSettings m_settings;
    std::size_t m_defined;
    std::array<std::uint64_t, 4> m_random{};
    std::vector<std::uint8_t> m_seen; ///< by token, for the repetition penalty
    TokenChooser m_chooser;

    double draw(); ///< uniform in [0, 1)
};

} // namespace engine::sampling
