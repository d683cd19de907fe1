#pragma once
// The cache of multi-head latent attention in FP8: of a token the latent in E4M3, 128 numbers of it (the last group may
// be shorter) with a common scale in F32, and the rotary key in BF16: 656 bytes for 512 and 64 numbers.
//
// One layer's part of a page is three planes, one after the other: latents [tokens, latentWidth], rotary keys [tokens,
// ropeWidth], scales [tokens, groups]. Rows of 656 bytes would be multiples of 16 only; so every row of 512 or 128
// bytes is whole lines of 128, and the scales of a tile lie together.

#include "engine/memory/dtype.h"

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace engine::memory {

struct Fp8Latents {
    static constexpr int groupWidth = 128;
    static constexpr float largest = 448.0F; ///< of E4M3

    int latentWidth = 0;
    int ropeWidth = 0;
    int pageTokens = 0;

    constexpr int groups() const { return (latentWidth + groupWidth - 1) / groupWidth; }
    constexpr std::size_t bytesPerToken() const
    {
        return static_cast<std::size_t>(latentWidth) + 2 * static_cast<std::size_t>(ropeWidth) +
               sizeof(float) * static_cast<std::size_t>(groups());
    }
    // From the start of the layer's part of a page to a token's row.
    constexpr std::size_t latentOffset(int token) const { return at(token, latentWidth); }
    constexpr std::size_t ropeOffset(int token) const { return at(pageTokens, latentWidth) + 2 * at(token, ropeWidth); }
    constexpr std::size_t scaleOffset(int token) const
    {
        return ropeOffset(pageTokens) + sizeof(float) * at(token, groups());
    }

private:
    static constexpr std::size_t at(int rows, int width)
    {
        return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    }
};

/// largest |value| / 448, but never less than the smallest normal number, so that zeros stay zeros. NaN if any is.
inline float fp8ScaleOf(const float *values, int count)
{
    float largest = 0.0F;
    for (int i = 0; i < count; ++i) {
        const float size = std::abs(values[i]);
        largest = size > largest || std::isnan(size) ? size : largest;
    }
    const float scale = largest / Fp8Latents::largest;
    return scale < FLT_MIN ? FLT_MIN : scale;
}

/// Writes a row, latent then rotary key, as token `token` of a page; codes are E4M3(value / scale), rounded to nearest,
/// ties to even.
void putFp8Row(const float *row, const Fp8Latents &layout, std::byte *layer, int token);

} // namespace engine::memory
