#pragma once
// Token sequences for training: a conversation rendered exactly as the chat template
// renders it, with the point from which the model is asked to predict.

#include "engine/training/tasks.h"
#include "engine/training/vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string_view>
#include <vector>

namespace engine::training {

struct TrainingSequence {
    std::vector<std::int32_t> ids;
    /// ids[lossBegin..] are predicted: the reasoning after "<think>\n" up to and including eos.
    std::size_t lossBegin = 0;
};

/// bos [user prompt assistant "\n\n" answer eos]* user prompt assistant think "\n"
/// thinking "\n" thinkClose "\n\n" answer eos. Exchange::answer is without the "\n\n".
TrainingSequence buildSequence(const Vocabulary &vocabulary, const std::vector<Exchange> &history,
                               const Problem &problem);

/// Relative share of each task among the training sequences.
using TaskMix = std::map<Task, unsigned>;

/// Tasks whose solutions are long chains get more.
TaskMix defaultMix();

/// The default mix with some shares replaced: "sorting=26,comparing=16". Throws std::invalid_argument naming the part
/// that is no task with a number up to 1000, and when every share is 0.
TaskMix parseMix(std::string_view text);

/// One sequence of the training mix, sometimes with earlier exchanges in front; Split::Train only.
TrainingSequence sampleTrainingSequence(const Vocabulary &vocabulary, const TaskMix &mix, std::mt19937_64 &rng);

} // namespace engine::training
