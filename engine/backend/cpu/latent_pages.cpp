#include "engine/backend/cpu/latent_pages.h"

#include "engine/backend/cpu/cached_pages.h"
#include "engine/backend/cpu/kernels.h"

namespace engine::backend::cpu {

namespace {

std::size_t size(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// The latents of a page in FP8, a scale for every row and 128 columns.
Matrix codesOf(const LatentCache &cache, const std::byte *layer, int rows)
{
    const memory::Fp8Latents layout = fp8LayoutOf(cache);
    Matrix matrix;
    matrix.data = layer + layout.latentOffset(0);
    matrix.dtype = memory::DType::F8_E4M3;
    matrix.rows = rows;
    matrix.cols = cache.latentWidth;
    matrix.scale = layer + layout.scaleOffset(0);
    matrix.blockRows = 1;
    matrix.blockCols = memory::Fp8Latents::groupWidth;
    return matrix;
}

Matrix rotaryKeysOf(const LatentCache &cache, const std::byte *layer, int rows)
{
    Matrix matrix;
    matrix.data = layer + fp8LayoutOf(cache).ropeOffset(0);
    matrix.dtype = memory::DType::BF16;
    matrix.rows = rows;
    matrix.cols = cache.ropeWidth;
    return matrix;
}

/// The first `rows` positions of a page that is not in FP8.
Matrix stored(const LatentCache &cache, int page, int rows)
{
    Matrix matrix;
    matrix.data = layerOf(cache, page);
    matrix.dtype = cache.dtype;
    matrix.rows = rows;
    matrix.cols = cache.latentWidth + cache.ropeWidth;
    return matrix;
}

} // namespace

void LatentPages::reserve(const WorkspaceShape &shape, int threads)
{
    m_latentWidth = std::max(m_latentWidth, shape.latentWidth);
    m_ropeWidth = std::max(m_ropeWidth, shape.ropeWidth);
    m_perThread = size(pageTokens, m_latentWidth + m_ropeWidth);
    m_scratch.reserve(m_perThread * static_cast<std::size_t>(threads));
}

Matrix LatentPages::floats(const LatentCache &cache, int page, int rows, int thread)
{
    return cache.dtype == memory::DType::F32 ? stored(cache, page, rows) : decoded(cache, page, rows, thread);
}

Matrix LatentPages::plain(const LatentCache &cache, int page, int rows, int thread)
{
    return cache.dtype == memory::DType::F8_E4M3 ? decoded(cache, page, rows, thread) : stored(cache, page, rows);
}

Matrix LatentPages::decoded(const LatentCache &cache, int page, int rows, int thread)
{
    const int width = cache.latentWidth + cache.ropeWidth;
    float *out = m_scratch.data() + m_perThread * static_cast<std::size_t>(thread);
    if (cache.dtype == memory::DType::F8_E4M3) {
        const Matrix latents = codesOf(cache, layerOf(cache, page), rows);
        const Matrix rotary = rotaryKeysOf(cache, layerOf(cache, page), rows);
        for (int row = 0; row < rows; ++row) {
            decodeRow(latents, row, out + size(row, width));
            decodeRow(rotary, row, out + size(row, width) + cache.latentWidth);
        }
    } else {
        const Matrix all = stored(cache, page, rows);
        for (int row = 0; row < rows; ++row)
            decodeRow(all, row, out + size(row, width));
    }
    Matrix matrix;
    matrix.data = out;
    matrix.rows = rows;
    matrix.cols = width;
    return matrix;
}

} // namespace engine::backend::cpu
