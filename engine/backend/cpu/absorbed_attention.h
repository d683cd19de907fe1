#pragma once
// MLA for few tokens: queries and results go through kv_b_proj, attention itself is multi-query attention with one
// key of latentWidth + ropeWidth numbers whose first latentWidth are also the value (V2 report, appendix C).

#include "engine/backend/backend.h"
#include "engine/backend/cpu/latent_pages.h"
#include "engine/backend/cpu/parallel.h"

namespace engine::backend::cpu {

class AbsorbedAttention {
public:
    void reserve(const WorkspaceShape &shape, int threads);
    std::uint64_t scratchBytes() const { return m_queries.bytes() + m_states.bytes() + m_scores.bytes(); }
    void run(Parallel &parallel, const MlaArgs &args, LatentPages &pages);

private:
    /// A run of cached pages, one token and some of its heads: what one task attends to.
    struct Task {
        int token = 0;
        int firstHead = 0;
        int heads = 0;
        int firstPage = 0;
        int endPage = 0;
        int thread = 0; ///< that works on it
    };

    void absorbQueries(Parallel &parallel, const MlaArgs &args);
    void attend(Parallel &parallel, const MlaArgs &args, LatentPages &pages, int splits);
    void attendToPages(const MlaArgs &args, const Task &task, LatentPages &pages, float *states, float *scores);
    void expandValues(Parallel &parallel, const MlaArgs &args, int splits);

    Scratch m_queries; ///< [tokens, heads, latentWidth + ropeWidth]
    Scratch m_states;  ///< [splits, tokens, heads, latentWidth + 2]: Σ p·c, then the maximum and Σ p
    Scratch m_scores;  ///< [threads, heads, page]
    std::size_t m_scoresPerThread = 0;
};

} // namespace engine::backend::cpu
