#pragma once
// Choice of experts. Contract in engine/backend/backend.h.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/parallel.h"

#include <vector>

namespace engine::backend::cpu {

class Route {
public:
    void reserve(const WorkspaceShape &shape, int threads);
    std::uint64_t scratchBytes() const { return m_affinities.bytes() + m_scores.bytes() + m_groupScores.bytes(); }
    void run(Parallel &parallel, const RouteArgs &args);

private:
    Scratch m_affinities;        ///< [tokens, experts]: gate logits, then affinities
    Scratch m_scores;            ///< [threads, experts]: biased affinities, −∞ when not to be chosen (any more)
    Scratch m_groupScores;       ///< [threads, experts]: at most one group per expert
    std::size_t m_perThread = 0; ///< floats of one thread in the last two
};

} // namespace engine::backend::cpu
