// Matrix times one vector: part of kernel_dot.cpp.

#if defined(ENGINE_BACKEND_CPU_DOT_ONE_TOKEN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ENGINE_BACKEND_CPU_DOT_ONE_TOKEN_INL_H
#undef ENGINE_BACKEND_CPU_DOT_ONE_TOKEN_INL_H
#else
#define ENGINE_BACKEND_CPU_DOT_ONE_TOKEN_INL_H
#endif

#include "engine/backend/cpu/block_formats-inl.h"
#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/weight_formats-inl.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {

constexpr int tileRows = 4; ///< computed at a time

HWY_INLINE const float *inputOf(const DotCall &call, int token)
{
    const int row = call.gather == nullptr ? token : call.gather[token];
    return call.x + static_cast<std::size_t>(row) * call.xStride;
}

HWY_INLINE void put(const DotCall &call, int token, int row, float sum)
{
    float &out =
        call.out[static_cast<std::size_t>(token) * call.outStride + static_cast<std::size_t>(row - call.rowBegin)];
    out = call.accumulate ? out + sum : sum;
}

/// Sums of one panel of columns, added to `sums` lane by lane in ascending column order.
template <class Format, int rows>
HWY_INLINE void addPanel(const Matrix &weight, int row, std::size_t col, std::size_t count, const float *x,
                         Floats *sums)
{
    const std::size_t n = lanes();
    const std::uint8_t *at[rows];
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r)
        at[r] = weightAt<Format>(weight, row + r, col);
    // Several short streams defeat the hardware's prefetcher; the next rows are asked for while these are used. A
    // hint past the end of the matrix is ignored.
    const std::size_t nextRows = rows * static_cast<std::size_t>(weight.cols) * Format::bytes;
    std::size_t c = 0;
    for (; c + 2 * n <= count; c += 2 * n) {
        const Floats x0 = loadFloats(x + c);
        const Floats x1 = loadFloats(x + c + n);
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r) {
            Floats w0;
            Floats w1;
            hwy::Prefetch(at[r] + nextRows + c * Format::bytes);
            Format::loadTwo(at[r] + c * Format::bytes, w0, w1);
            sums[r] = hn::MulAdd(w1, x1, hn::MulAdd(w0, x0, sums[r]));
        }
    }
    if (c + n <= count) {
        const Floats x0 = loadFloats(x + c);
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r)
            sums[r] = hn::MulAdd(Format::load(at[r] + c * Format::bytes), x0, sums[r]);
        c += n;
    }
    if (c < count) {
        const Floats x0 = loadFloatsTail(x + c, count - c);
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r)
            sums[r] = hn::MulAdd(loadTail<Format>(at[r] + c * Format::bytes, count - c), x0, sums[r]);
    }
}

template <class Format, int rows>
HWY_INLINE void dotOneToken(const DotCall &call, int row)
{
    const Matrix &weight = call.weight;
    const auto cols = static_cast<std::size_t>(weight.cols);
    const float *x = inputOf(call, 0);
    Floats totals[rows];
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r)
        totals[r] = hn::Zero(floatTag);
    if (Format::unit == 1.0F) {
        addPanel<Format, rows>(weight, row, 0, cols, x, totals);
    } else {
        const std::size_t width = factorWidth(weight);
        for (std::size_t col = 0; col < cols; col += width) {
            Floats sums[rows];
            HWY_UNROLL(4)
            for (int r = 0; r < rows; ++r)
                sums[r] = hn::Zero(floatTag);
            addPanel<Format, rows>(weight, row, col, std::min(width, cols - col), x + col, sums);
            HWY_UNROLL(4)
            for (int r = 0; r < rows; ++r) {
                const Floats factor = hn::Set(floatTag, factorAt<Format>(weight, row + r, col));
                totals[r] = hn::MulAdd(sums[r], factor, totals[r]);
            }
        }
    }
    for (int r = 0; r < rows; ++r)
        put(call, 0, row + r, sumOf(totals[r]));
}

/// Sums of one block of each row, added as in addPanel.
template <class Format, int rows>
HWY_INLINE void addBlocks(const OpenBlock *blocks, const float *x, Floats *sums)
{
    const std::size_t n = lanes();
    for (std::size_t c = 0; c < Format::blockCols; c += Format::factorCols) {
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r) {
            const Factors factors = Format::factors(blocks[r], c);
            HWY_UNROLL(2)
            for (std::size_t i = 0; i < Format::factorCols; i += n)
                sums[r] = hn::MulAdd(weightsOf<Format>(blocks[r], c + i, factors), loadFloats(x + c + i), sums[r]);
        }
    }
}

/// dotOneToken with weights in blocks.
template <class Format, int rows>
HWY_INLINE void dotOneTokenWithBlocks(const DotCall &call, int row)
{
    const auto cols = static_cast<std::size_t>(call.weight.cols);
    const std::size_t rowBytes = cols / Format::blockCols * Format::blockBytes;
    const std::uint8_t *at = blockAt<Format>(call.weight, row, 0);
    const float *x = inputOf(call, 0);
    OpenBlock blocks[rows];
    Floats sums[rows];
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r)
        sums[r] = hn::Zero(floatTag);
    for (std::size_t col = 0; col < cols; col += Format::blockCols, at += Format::blockBytes) {
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r) {
            const std::uint8_t *block = at + static_cast<std::size_t>(r) * rowBytes;
            for (std::size_t line = 0; line < Format::blockBytes; line += 64)
                hwy::Prefetch(block + rows * rowBytes + line);
            Format::open(block, blocks[r]);
        }
        addBlocks<Format, rows>(blocks, x + col, sums);
    }
    for (int r = 0; r < rows; ++r)
        put(call, 0, row + r, sumOf(sums[r]));
}

template <class Format, int rows>
HWY_INLINE void dotOneTokenOf(const DotCall &call, int row)
{
    if constexpr (inBlocks<Format>)
        dotOneTokenWithBlocks<Format, rows>(call, row);
    else
        dotOneToken<Format, rows>(call, row);
}

template <class Format>
void dotOneToken(const DotCall &call)
{
    int row = call.rowBegin;
    for (; row + tileRows <= call.rowEnd; row += tileRows)
        dotOneTokenOf<Format, tileRows>(call, row);
    for (; row < call.rowEnd; ++row)
        dotOneTokenOf<Format, 1>(call, row);
}

} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
