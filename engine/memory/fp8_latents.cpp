#include "engine/memory/fp8_latents.h"

#include <algorithm>

namespace engine::memory {

void putFp8Row(const float *row, const Fp8Latents &layout, std::byte *layer, int token)
{
    std::byte *codes = layer + layout.latentOffset(token);
    for (int group = 0; group < layout.groups(); ++group) {
        const int first = group * Fp8Latents::groupWidth;
        const int count = std::min(Fp8Latents::groupWidth, layout.latentWidth - first);
        const float scale = fp8ScaleOf(row + first, count);
        std::memcpy(layer + layout.scaleOffset(token) + sizeof(float) * static_cast<std::size_t>(group), &scale,
                    sizeof scale);
        for (int i = first; i < first + count; ++i)
            codes[i] = static_cast<std::byte>(floatToE4m3(row[i] / scale));
    }
    std::byte *rope = layer + layout.ropeOffset(token);
    for (int i = 0; i < layout.ropeWidth; ++i) {
        const std::uint16_t bits = floatToBf16(row[layout.latentWidth + i]);
        std::memcpy(rope + 2 * static_cast<std::ptrdiff_t>(i), &bits, sizeof bits);
    }
}

} // namespace engine::memory
