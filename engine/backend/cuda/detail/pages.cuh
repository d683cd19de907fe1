#pragma once
// The paged cache as kernels take it.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/e4m3.cuh"
#include "engine/memory/fp8_latents.h"

#include <cstddef>
#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

struct PagesView {
    std::byte *const *pages = nullptr; ///< in device memory
    std::size_t layerOffset = 0;
    int pageTokens = 0;
    bool bf16 = false;
    int knownStart = 0;
    const std::int32_t *replayedStart = nullptr;

    /// Position of the call's first token.
    __device__ int start() const { return replayedStart != nullptr ? *replayedStart : knownStart; }

    /// Start of this layer in the page of `position`.
    __device__ std::byte *layerOf(int position) const { return pages[position / pageTokens] + layerOffset; }
    __device__ float get(const std::byte *layer, std::size_t element) const
    {
        if (!bf16)
            return reinterpret_cast<const float *>(layer)[element];
        return __uint_as_float(static_cast<unsigned>(reinterpret_cast<const std::uint16_t *>(layer)[element]) << 16);
    }
    __device__ void put(std::byte *layer, std::size_t element, float value) const
    {
        if (bf16)
            reinterpret_cast<std::uint16_t *>(layer)[element] = __bfloat16_as_ushort(__float2bfloat16(value));
        else
            reinterpret_cast<float *>(layer)[element] = value;
    }
};

/// `table`: the addresses of cache.pages in device memory.
inline PagesView viewOf(const CachePages &cache, std::byte *const *table)
{
    return {table,       cache.layerOffset,  cache.pageTokens, cache.dtype == memory::DType::BF16,
            cache.start, cache.replayedStart};
}

/// [pageTokens, width], or the planes of memory::Fp8Latents.
struct LatentView {
    PagesView pages;
    int width = 0;
    bool fp8 = false;
    // The rest in FP8 only.
    int latent = 0;
    int groups = 0;
    std::size_t ropePlane = 0;  ///< bytes from the start of the layer's part of a page
    std::size_t scalePlane = 0; ///< the same

    __device__ std::size_t element(int position) const
    {
        return static_cast<std::size_t>(position % pages.pageTokens) * static_cast<std::size_t>(width);
    }
    // Of a position, in the layer's part of its page.
    __device__ std::uint8_t *codesOf(std::byte *layer, int position) const
    {
        return reinterpret_cast<std::uint8_t *>(layer) + placeOf(position) * static_cast<std::size_t>(latent);
    }
    __device__ std::uint16_t *ropeOf(std::byte *layer, int position) const
    {
        return reinterpret_cast<std::uint16_t *>(layer + ropePlane) +
               placeOf(position) * static_cast<std::size_t>(width - latent);
    }
    __device__ float *scalesOf(std::byte *layer, int position) const
    {
        return reinterpret_cast<float *>(layer + scalePlane) + placeOf(position) * static_cast<std::size_t>(groups);
    }
    /// Number `col` of a position.
    __device__ float decoded(std::byte *layer, int position, int col) const
    {
        if (col < latent)
            return e4m3ToFloat(codesOf(layer, position)[col]) *
                   scalesOf(layer, position)[col / memory::Fp8Latents::groupWidth];
        return __uint_as_float(static_cast<unsigned>(ropeOf(layer, position)[col - latent]) << 16);
    }

private:
    __device__ std::size_t placeOf(int position) const { return static_cast<std::size_t>(position % pages.pageTokens); }
};

inline LatentView latentsOf(const LatentCache &cache, std::byte *const *table)
{
    LatentView view{viewOf(cache, table), cache.width};
    if (cache.dtype != memory::DType::F8_E4M3)
        return view;
    const memory::Fp8Latents layout{cache.latentWidth, cache.ropeWidth, cache.pageTokens};
    view.fp8 = true;
    view.latent = cache.latentWidth;
    view.groups = layout.groups();
    view.ropePlane = layout.ropeOffset(0);
    view.scalePlane = layout.scaleOffset(0);
    return view;
}

/// [kvHeads, 2, pageTokens, headWidth]
struct KeyValueView {
    PagesView pages;
    int headWidth = 0;

    /// `part` 0: the key, 1: the value.
    __device__ std::size_t element(int head, int part, int position) const
    {
        const int row = (head * 2 + part) * pages.pageTokens + position % pages.pageTokens;
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(headWidth);
    }
};

} // namespace engine::backend::cuda
