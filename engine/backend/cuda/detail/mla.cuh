#pragma once
// What the kernels of mlaAttention() are given, and the steps of the absorbed form.

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/pages.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/split_attention.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

struct MlaCall {
    ConstRowsView q; ///< [tokens, heads · (nope + rope)]
    WeightView kvB;
    float *queries = nullptr; ///< [tokens, heads, latent + rope]
    float *latents = nullptr; ///< [tokens, heads, latent]
    LatentView cache;
    int tokens = 0;
    int heads = 0;
    int nope = 0;
    int rope = 0;
    int latent = 0;
    int value = 0;
    float scale = 0.0F;     ///< of the softmax, times log2 e
    AttentionOutput output; ///< of the attention: to `latents`

    __device__ std::size_t headOf(int token, int head) const
    {
        return static_cast<std::size_t>(token) * static_cast<std::size_t>(heads) + static_cast<std::size_t>(head);
    }
};

/// queries ← q with W_UK of kv_b_proj moved into it
void absorbQueries(Queue &queue, const MlaCall &call, const Matrix &kvB);
/// out ← W_UV · latents
void expandLatents(Queue &queue, const MlaCall &call, const Matrix &kvB, const Rows &out);
/// Whether the cache and the widths are those of mlaDecode().
bool canDecode(const MlaArgs &args);
/// latents ← attention of `queries` to the latents of the cache, on tensor cores.
void mlaDecode(Queue &queue, MlaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch);
/// The same of a cache in FP8.
bool canDecodeFp8(const MlaArgs &args);
void mlaDecodeFp8(Queue &queue, MlaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch);

/// Whether the expanded form is asked for, the widths are those of mlaExpanded(), and there is scratch memory for it.
bool canExpand(const MlaArgs &args, const AttentionScratch &scratch);
/// args.out ← attention of `q` to keys and values made of the latents, on tensor cores. Uses `queries` and `latents` as
/// scratch memory.
void mlaExpanded(Queue &queue, const MlaCall &call, const MlaArgs &args, AttentionScratch &scratch);

} // namespace engine::backend::cuda
