#pragma once
// Batches of training sequences of nearly equal length.

#include "engine/training/sequence.h"

#include <torch/torch.h>

#include <cstdint>
#include <random>
#include <vector>

namespace engine::training {

struct Batch {
    std::int64_t rows = 0;
    std::int64_t time = 0;
    std::int64_t tokens = 0;        ///< without padding
    torch::Tensor ids, nextIds;     ///< int64 [rows * time]
    torch::Tensor at, target;       ///< positions with a loss and the token to predict there
    torch::Tensor mtpAt, mtpTarget; ///< the same for the token after the next one
};

Batch makeBatch(const std::vector<TrainingSequence> &sequences, std::int32_t pad);

/// Draws a pool of sequences, sorts it by length, cuts it by token budget, shuffles the cuts.
class Batcher {
public:
    Batcher(const Vocabulary &vocabulary, TaskMix mix, std::int64_t batchTokens, std::uint64_t seed);
    Batch next();

private:
    void refill();
    const Vocabulary &m_vocabulary;
    TaskMix m_mix;
    std::int64_t m_batchTokens;
    std::mt19937_64 m_rng;
    std::vector<std::vector<TrainingSequence>> m_pool;
};

} // namespace engine::training
