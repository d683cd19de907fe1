#pragma once
// The ops written down as in the papers, in double precision: what the kernels are compared with.

#include "engine/backend/backend.h"

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace support {

/// A matrix of random weights up to 1 that owns its memory. `offset` shifts the data to an odd address.
class RandomMatrix {
public:
    RandomMatrix(engine::memory::DType dtype, int rows, int cols, unsigned seed, std::size_t offset = 0,
                 bool scaled = true);

    engine::backend::Matrix view() const;
    double at(int row, int col) const; ///< scale applied

private:
    engine::memory::DType m_dtype;
    int m_rows;
    int m_cols;
    std::size_t m_offset;
    std::vector<std::uint8_t> m_bytes;
    std::vector<float> m_scales;
};

std::vector<float> randomFloats(std::size_t count, unsigned seed, float spread = 1.0F);

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
