#pragma once
// Pages of the latent cache as matrices of numbers. Scratch memory of both forms of attention, which never run at the
// same time.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/parallel.h"

namespace engine::backend::cpu {

class LatentPages {
public:
    void reserve(const WorkspaceShape &shape, int threads);
    std::uint64_t scratchBytes() const { return m_scratch.bytes(); }

    /// The first `rows` positions of a page, [rows, latentWidth + ropeWidth] in F32: where they lie, or decoded into
    /// the memory of `thread`, where they stay until its next call.
    Matrix floats(const LatentCache &cache, int page, int rows, int thread);
    /// The same in F32 or BF16: only FP8 is decoded.
    Matrix plain(const LatentCache &cache, int page, int rows, int thread);

private:
    Matrix decoded(const LatentCache &cache, int page, int rows, int thread);

    Scratch m_scratch;
    int m_latentWidth = 0;
    int m_ropeWidth = 0;
    std::size_t m_perThread = 0; ///< floats
};

} // namespace engine::backend::cpu
