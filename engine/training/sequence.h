#pragma once
// Token sequences for training: a conversation rendered exactly as the chat template
// renders it, with the point from which the model is asked to predict.

#include "tasks.h"
#include "vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace engine::training {

struct TrainingSequence {
    std::vector<std::int32_t> ids;
    /// ids[lossBegin..] are predicted: the reasoning after "<think>\n" up to and including eos.
    std::size_t lossBegin = 0;
};

/// bos [user prompt assistant "\n\n" answer eos]* user prompt assistant think "\n"
/// thinking "\n" thinkClose "\n\n" answer eos. Exchange::answer is without the "\n\n".
TrainingSequence buildSequence(const Vocabulary &vocabulary, const std::vector<Exchange> &history, const Problem &problem);

/// One sequence of the training mix, sometimes with earlier exchanges in front; Split::Train only.
TrainingSequence sampleTrainingSequence(const Vocabulary &vocabulary, std::mt19937_64 &rng);

} // namespace engine::training
