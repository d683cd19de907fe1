#pragma once
// Shape of the nano models: DeepSeek-V3 in miniature.

#include <cstdint>

namespace engine::training {

struct NanoConfig {
    std::int64_t vocab = 0;
    std::int64_t hidden = 128;
    std::int64_t layers = 4;
    std::int64_t firstDense = 1;
    std::int64_t denseWidth = 512;
    std::int64_t heads = 4;
    std::int64_t qRank = 64;
    std::int64_t kvRank = 64;
    std::int64_t nope = 32;
    std::int64_t rope = 16;
    std::int64_t valueDim = 32;
    std::int64_t experts = 16;
    std::int64_t topK = 2;
    std::int64_t groups = 4;
    std::int64_t topGroups = 2;
    std::int64_t expertWidth = 128;
    double routedScale = 2.5;
    double ropeTheta = 10000.0;
    double eps = 1e-6;
    std::int64_t maxPositions = 2048;
};

} // namespace engine::training
