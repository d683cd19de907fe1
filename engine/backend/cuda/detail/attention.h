#pragma once
// The attention ops, and the scratch memory they share.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/memory/buffer.h"

namespace engine::backend::cuda {

struct AttentionOutput;
struct SoftmaxStats;

/// What the device has.
struct DeviceLimits {
    int units = 1;               ///< multiprocessors
    std::size_t sharedBytes = 0; ///< of shared memory a block may have
    bool multipliesE4m3 = false; ///< mma.sync takes it: compute capability 8.9
};

struct AttentionScratch {
    memory::Buffer queries;  ///< MLA: [tokens, heads, latentWidth + ropeWidth]
    memory::Buffer latents;  ///< MLA: [tokens, heads, latentWidth]
    memory::Buffer partials; ///< see AttentionOutput
    memory::Buffer stats;    ///< see AttentionOutput
    int partialRows = 0;     ///< (token, head, split) triples there is room for

    void reserve(const WorkspaceShape &shape, const DeviceLimits &device, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return queries.size() + latents.size() + partials.size() + stats.size(); }
};

struct SplitRequest {
    int blocks = 1;    ///< of the grid before positions are split
    int rows = 1;      ///< (token, head) pairs
    int positions = 1; ///< that are attended to, at most
    int wanted = 1;    ///< blocks that fill the device
};

/// Among how many blocks the positions are split: enough to fill the device, at most one per 64 positions and what the
/// scratch memory has room for.
int splitsFor(const SplitRequest &request, const AttentionScratch &scratch);

/// One split; `out` [tokens, heads · width].
AttentionOutput outputOf(const Rows &out, int heads, int width, AttentionScratch &scratch);
/// out ← the splits of every token and head, put together.
void combine(Queue &queue, const AttentionOutput &output, int tokens);

void mlaAttention(Queue &queue, const MlaArgs &args, std::byte *const *table, const DeviceLimits &device,
                  AttentionScratch &scratch);
void gqaAttention(Queue &queue, const GqaArgs &args, std::byte *const *table, const DeviceLimits &device,
                  AttentionScratch &scratch);

} // namespace engine::backend::cuda
