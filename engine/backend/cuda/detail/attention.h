#pragma once
// The attention ops, and the scratch memory they share.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/memory/buffer.h"

namespace engine::backend::cuda {

struct AttentionScratch {
    memory::Buffer queries;  ///< MLA: [tokens, heads, latentWidth + ropeWidth]
    memory::Buffer latents;  ///< MLA: [tokens, heads, latentWidth]
    memory::Buffer partials; ///< see AttentionOutput
    int partialRows = 0;     ///< (token, split) pairs `partials` has room for

    void reserve(const WorkspaceShape &shape, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return queries.size() + latents.size() + partials.size(); }
};

/// How many blocks share the positions of a token: enough to fill `units` multiprocessors, at most one per 64
/// positions and what the scratch memory has room for.
int splitsFor(int tokens, int headBlocks, int positions, int units, const AttentionScratch &scratch);

struct AttentionOutput;
/// out ← the splits of every token and head, put together.
void combine(Queue &queue, const AttentionOutput &output, int tokens);

void mlaAttention(Queue &queue, const MlaArgs &args, std::byte *const *table, int units, AttentionScratch &scratch);
void gqaAttention(Queue &queue, const GqaArgs &args, std::byte *const *table, int units, AttentionScratch &scratch);

} // namespace engine::backend::cuda
