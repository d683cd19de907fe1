#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

#include <cmath>

namespace engine::verification {

namespace {

using backend::RopePairs;

/// RMSNorm in place of rows of two heads, then RoPE of a part of each head.
std::vector<float> runNormAndRope(int headWidth, RopePairs pairs, backend::Backend &backend, Placed &placed)
{
    constexpr int tokens = 3;
    const int rope = headWidth / 4 * 2;
    const RandomMatrix norm(memory::DType::BF16, 1, 2 * headWidth, 6);
    const auto angles = randomFloats(area(tokens, rope / 2), 7, 3.0F);
    std::vector<float> cosines;
    std::vector<float> sines;
    for (const float angle : angles) {
        cosines.push_back(std::cos(angle));
        sines.push_back(std::sin(angle));
    }
    const backend::Rows rows = placed.rows(randomFloats(area(tokens, 2 * headWidth), 5), tokens, 2 * headWidth);
    const backend::Vector weight = placed.vector({norm.view().data, memory::DType::BF16, 2 * headWidth});
    backend.rmsNorm(rows, weight, 1e-5F, rows);
    backend.rope(rows, headWidth, rope, {placed.copy(cosines), placed.copy(sines), pairs});
    return placed.read(rows);
}

} // namespace

void addNormAndRopeCases(OpCases &cases)
{
    for (const int width : {8, 64, 300, 1024}) {
        for (const RopePairs pairs : {RopePairs::Adjacent, RopePairs::Halves})
            cases.push_back(
                {"rmsNorm and rope",
                 "heads of " + std::to_string(width) + (pairs == RopePairs::Adjacent ? ", adjacent pairs" : ", halves"),
                 exactTolerance, [width, pairs](backend::Backend &backend, Placed &placed) {
                     return runNormAndRope(width, pairs, backend, placed);
                 }});
    }
}

} // namespace engine::verification
