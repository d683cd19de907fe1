#pragma once
// AdamW over a range of the flat parameter buffer, and the learning-rate schedule.

#include "engine/training/parameter_store.h"

namespace engine::training {

struct AdamState {
    torch::Tensor first, second;
    std::int64_t trunkSteps = 0;
    std::int64_t mtpSteps = 0;
};

struct AdamStep {
    std::int64_t begin, end; ///< range of the flat buffer
    double rate;
    std::int64_t step; ///< 1-based, for the bias correction
};

/// Clips the range's gradient to `maxNorm`, updates master, clears the gradient; returns the norm before clipping.
double adamStep(ParameterStore &store, AdamState &state, const AdamStep &step, double maxNorm);

/// Multiplier of the peak rate at `progress` in [0, 1]: x0.316 from 80 %, x0.1 from 90 %.
double multiStep(double progress);
double warmUp(std::int64_t step, std::int64_t warmUpSteps);

} // namespace engine::training
