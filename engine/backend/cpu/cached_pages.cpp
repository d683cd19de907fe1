#include "engine/backend/cpu/cached_pages.h"

#include <cstring>

namespace engine::backend::cpu {

void putRow(const float *row, int width, memory::DType dtype, std::byte *out)
{
    if (dtype == memory::DType::F32) {
        std::memcpy(out, row, static_cast<std::size_t>(width) * sizeof(float));
        return;
    }
    for (int i = 0; i < width; ++i) {
        const std::uint16_t bits = memory::floatToBf16(row[i]);
        std::memcpy(out + 2 * static_cast<std::ptrdiff_t>(i), &bits, sizeof bits);
    }
}

} // namespace engine::backend::cpu
