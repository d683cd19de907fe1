#pragma once
// MLA for many tokens: each page of latents is expanded to the keys and values of a head once and used by all tokens
// of the call; the softmax goes along page by page.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/latent_pages.h"
#include "engine/backend/cpu/page_attention.h"
#include "engine/backend/cpu/parallel.h"

namespace engine::backend::cpu {

class ExpandedAttention {
public:
    void reserve(const WorkspaceShape &shape, int threads);
    std::uint64_t scratchBytes() const { return m_scratch.bytes(); }
    void run(Parallel &parallel, const MlaArgs &args, LatentPages &pages);

private:
    /// Scratch memory of one thread.
    struct Head {
        float *keys;   ///< [page, nopeWidth + ropeWidth]
        float *values; ///< [page, valueWidth]
        PageQueries queries;
        int thread;
    };

    Head scratchOf(int thread);
    static void attend(const MlaArgs &args, int head, LatentPages &pages, const Head &scratch);
    static void expandPage(const MlaArgs &args, int head, const Matrix &cached, const Head &scratch);

    Scratch m_scratch;
    WorkspaceShape m_shape;
    std::size_t m_perThread = 0; ///< floats
};

} // namespace engine::backend::cpu
