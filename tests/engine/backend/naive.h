#pragma once
// The ops written down as in the papers, in double precision: what the kernels are compared with.

#include "engine/backend/backend.h"
#include "engine/verification/random_operands.h"

#include <cstdint>
#include <span>
#include <vector>

namespace support {

using engine::verification::randomFloats;
using engine::verification::RandomMatrix;

/// W·x
std::vector<double> product(const RandomMatrix &matrix, std::span<const double> x);
/// down(SiLU(gate x) ⊙ up x)
std::vector<double> mlp(const RandomMatrix &gate, const RandomMatrix &up, const RandomMatrix &down,
                        std::span<const double> x);

struct Choice {
    std::vector<int> ids; ///< highest biased score first
    std::vector<double> weights;
};
/// Groups by the sum of their two best biased affinities, experts by biased affinity, ties by index.
Choice chooseExperts(std::span<const double> affinities, std::span<const float> bias,
                     const engine::backend::RouteArgs &args);

/// Runs `body` once for every instruction set this machine has, and puts the best one back.
template <typename Body>
void forEachInstructionSet(const Body &body);
std::vector<std::int64_t> instructionSets();
void useInstructionSet(std::int64_t target); ///< 0: the best

template <typename Body>
void forEachInstructionSet(const Body &body)
{
    for (const std::int64_t target : instructionSets()) {
        useInstructionSet(target);
        body();
    }
    useInstructionSet(0);
}

} // namespace support
