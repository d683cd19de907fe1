// Rows of a matrix added up with coefficients: probabilities times values, and queries times the transposed key
// part of kv_b_proj.

#include "engine/backend/cpu/simd_targets.h"

#include "engine/backend/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/kernel_mix.cpp"
#include "hwy/foreach_target.h"

#include "engine/backend/cpu/block_formats-inl.h"
#include "engine/backend/cpu/weight_formats-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {
namespace {

constexpr int tileTokens = 4;
constexpr int tileVectors = 2;
constexpr int rowBlock = 64;
constexpr std::size_t maxTileCols = tileVectors * HWY_MAX_BYTES / sizeof(float);

/// Decoded weights of some rows and a few columns, scale applied.
struct Panel {
    const float *weights = nullptr;
    std::size_t stride = 0;

    Panel from(std::size_t col) const { return {weights + col, stride}; }
};

/// tileVectors vectors of columns, zero past the last one.
template <class Format>
HWY_INLINE void decodePanel(const Matrix &weight, int row, int rows, std::size_t col, std::size_t count, float *panel)
{
    const std::size_t n = lanes();
    const std::size_t stride = tileVectors * n;
    for (int r = 0; r < rows; ++r) {
        const std::uint8_t *at = weightAt<Format>(weight, row + r, col);
        float *out = panel + static_cast<std::size_t>(r) * stride;
        for (std::size_t c = 0; c < stride; c += n) {
            Floats w = hn::Zero(floatTag);
            if (c + n <= count)
                w = Format::load(at + c * Format::bytes);
            else if (c < count)
                w = loadTail<Format>(at + c * Format::bytes, count - c);
            if (Format::unit != 1.0F && c < count)
                w = hn::Mul(w, hn::Set(floatTag, factorAt<Format>(weight, row + r, col + c)));
            hn::Store(w, floatTag, out + c);
        }
    }
}

template <int tokens>
HWY_INLINE void mixTile(const MixCall &call, const Panel &panel, int firstRow, int rows, std::size_t col,
                        std::size_t count, int token)
{
    const std::size_t n = lanes();
    const bool whole = count >= tileVectors * n;
    const float *coefficients[tokens];
    float *out[tokens];
    Floats sums[tokens][tileVectors];
    HWY_UNROLL(4)
    for (int t = 0; t < tokens; ++t) {
        const auto index = static_cast<std::size_t>(token + t);
        coefficients[t] = call.coefficients + index * call.coefficientStride + static_cast<std::size_t>(firstRow);
        out[t] = call.out + index * call.outStride + col;
        sums[t][0] = count >= n ? loadFloats(out[t]) : loadFloatsTail(out[t], count);
        sums[t][1] = whole ? loadFloats(out[t] + n) : loadFloatsTail(out[t] + n, count > n ? count - n : 0);
    }
    for (int r = 0; r < rows; ++r) {
        const float *weights = panel.weights + static_cast<std::size_t>(r) * panel.stride;
        const Floats w0 = hn::Load(floatTag, weights);
        const Floats w1 = hn::Load(floatTag, weights + n);
        HWY_UNROLL(4)
        for (int t = 0; t < tokens; ++t) {
            const Floats coefficient = hn::Set(floatTag, coefficients[t][r]);
            sums[t][0] = hn::MulAdd(coefficient, w0, sums[t][0]);
            sums[t][1] = hn::MulAdd(coefficient, w1, sums[t][1]);
        }
    }
    HWY_UNROLL(4)
    for (int t = 0; t < tokens; ++t) {
        if (whole) {
            hn::StoreU(sums[t][0], floatTag, out[t]);
            hn::StoreU(sums[t][1], floatTag, out[t] + n);
        } else {
            storeFloatsTail(sums[t][0], out[t], std::min(count, n));
            storeFloatsTail(sums[t][1], out[t] + n, count > n ? count - n : 0);
        }
    }
}

HWY_INLINE void mixTiles(const MixCall &call, const Panel &panel, int row, int rows, std::size_t col, std::size_t count)
{
    int token = 0;
    for (; token + tileTokens <= call.tokens; token += tileTokens)
        mixTile<tileTokens>(call, panel, row, rows, col, count, token);
    for (; token < call.tokens; ++token)
        mixTile<1>(call, panel, row, rows, col, count, token);
}

template <class Format>
void mixRows(const MixCall &call)
{
    HWY_ALIGN float weights[rowBlock * maxTileCols];
    const auto cols = static_cast<std::size_t>(call.cols);
    const std::size_t width = tileVectors * lanes();
    for (int row = 0; row < call.rows; row += rowBlock) {
        const int rows = std::min(rowBlock, call.rows - row);
        for (std::size_t col = 0; col < cols; col += width) {
            const std::size_t count = std::min(width, cols - col);
            decodePanel<Format>(call.weight, call.rowBegin + row, rows, col, count, weights);
            mixTiles(call, {weights, width}, row, rows, col, count);
        }
    }
}

/// Decodes whole blocks.
template <class Format>
void mixRowsOfBlocks(const MixCall &call)
{
    constexpr int blockRows = 16; // 16 KiB of weights
    constexpr std::size_t panelCols = 256;
    HWY_ALIGN float weights[blockRows * panelCols];
    const auto cols = static_cast<std::size_t>(call.cols);
    const std::size_t width = tileVectors * lanes();
    for (int row = 0; row < call.rows; row += blockRows) {
        const int rows = std::min(blockRows, call.rows - row);
        for (std::size_t col = 0; col < cols; col += panelCols) {
            const std::size_t decoded = std::min(panelCols, static_cast<std::size_t>(call.weight.cols) - col);
            for (int r = 0; r < rows; ++r)
                decodeBlocks<Format>(call.weight, call.rowBegin + row + r, col, decoded,
                                     weights + static_cast<std::size_t>(r) * panelCols);
            const Panel panel{weights, panelCols};
            const std::size_t end = std::min(panelCols, cols - col);
            for (std::size_t c = 0; c < end; c += width)
                mixTiles(call, panel.from(c), row, rows, col + c, std::min(width, end - c));
        }
    }
}

void mixAnyFormat(const MixCall &call)
{
    withAnyFormat(call.weight, [&](auto format) {
        using Format = decltype(format);
        if constexpr (inBlocks<Format>)
            mixRowsOfBlocks<Format>(call);
        else
            mixRows<Format>(call);
    });
}

} // namespace
} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace engine::backend::cpu {

HWY_EXPORT(mixAnyFormat);

void mix(const MixCall &call)
{
    HWY_DYNAMIC_DISPATCH(mixAnyFormat)(call);
}

} // namespace engine::backend::cpu
#endif
