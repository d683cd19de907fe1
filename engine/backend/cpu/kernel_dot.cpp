// Matrix times vectors, weights decoded on the way. One token: each weight is decoded in registers and used once, so
// memory sets the pace. Several: a panel of weights is decoded once for up to tokenBlock tokens.

#include "engine/backend/cpu/simd_targets.h"

#include "engine/backend/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/kernel_dot.cpp"
#include "hwy/foreach_target.h"

#include "engine/backend/cpu/block_formats-inl.h"
#include "engine/backend/cpu/dot_one_token-inl.h"
#include "engine/backend/cpu/weight_formats-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {
namespace {

// A tile of tileRows rows by 3 tokens keeps 12 sums, 3 inputs and a weight in the 16 registers of AVX2.
constexpr int tileTokens = 3;
// 16 rows by 24 tokens: weights, inputs and sums of tileCols columns stay in the first-level cache.
constexpr int rowBlock = 16;
constexpr int tokenBlock = 24;
constexpr std::size_t panelCols = 256; ///< decoded at a time, at most
constexpr std::size_t tileCols = 128;  ///< multiplied at a time
constexpr std::size_t maxLanes = HWY_MAX_BYTES / sizeof(float);

/// Decoded weights of up to rowBlock rows and one panel of columns, and the sums of a block of tokens.
struct Block {
    HWY_ALIGN float panel[rowBlock * panelCols]; ///< [rows, panelCols]; zero up to a multiple of the lanes
    HWY_ALIGN float totals[rowBlock * tokenBlock * maxLanes];
    float factors[rowBlock];
    std::size_t col = 0; ///< of the panel's start
    const float *x[tokenBlock];
    int tokens = 0;

    float *total(int row, int token) { return totals + static_cast<std::size_t>(row * tokenBlock + token) * maxLanes; }
};

template <class Format>
HWY_INLINE void decodePanel(const Matrix &weight, int row, int rows, std::size_t col, std::size_t count, Block &block)
{
    const std::size_t n = lanes();
    for (int r = 0; r < rows; ++r) {
        const std::uint8_t *at = weightAt<Format>(weight, row + r, col);
        float *out = block.panel + static_cast<std::size_t>(r) * panelCols;
        std::size_t c = 0;
        for (; c + 2 * n <= count; c += 2 * n) {
            Floats w0;
            Floats w1;
            Format::loadTwo(at + c * Format::bytes, w0, w1);
            hn::Store(w0, floatTag, out + c);
            hn::Store(w1, floatTag, out + c + n);
        }
        for (; c < count; c += n) {
            const std::size_t left = count - c;
            hn::Store(left >= n ? Format::load(at + c * Format::bytes) : loadTail<Format>(at + c * Format::bytes, left),
                      floatTag, out + c);
        }
        block.factors[r] = factorAt<Format>(weight, row + r, col);
    }
}

template <class Format>
HWY_INLINE void decodePanelOf(const Matrix &weight, int row, int rows, std::size_t col, std::size_t count, Block &block)
{
    if constexpr (inBlocks<Format>) {
        for (int r = 0; r < rows; ++r) {
            decodeBlocks<Format>(weight, row + r, col, count, block.panel + static_cast<std::size_t>(r) * panelCols);
            block.factors[r] = Format::unit;
        }
    } else {
        decodePanel<Format>(weight, row, rows, col, count, block);
    }
}

template <bool scaled, int rows, int tokens>
HWY_INLINE void addTile(Block &block, int row, int token, std::size_t first, std::size_t count)
{
    const std::size_t n = lanes();
    const float *panel = block.panel + static_cast<std::size_t>(row) * panelCols + first;
    Floats sums[rows][tokens];
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
        HWY_UNROLL(4)
        for (int t = 0; t < tokens; ++t)
            sums[r][t] = scaled ? hn::Zero(floatTag) : hn::Load(floatTag, block.total(row + r, token + t));
    }
    const float *x[tokens];
    HWY_UNROLL(4)
    for (int t = 0; t < tokens; ++t)
        x[t] = block.x[token + t] + block.col + first;
    std::size_t c = 0;
    for (; c + n <= count; c += n) {
        Floats inputs[tokens];
        HWY_UNROLL(4)
        for (int t = 0; t < tokens; ++t)
            inputs[t] = loadFloats(x[t] + c);
        HWY_UNROLL(4)
        for (int r = 0; r < rows; ++r) {
            const Floats w = hn::Load(floatTag, panel + static_cast<std::size_t>(r) * panelCols + c);
            HWY_UNROLL(4)
            for (int t = 0; t < tokens; ++t)
                sums[r][t] = hn::MulAdd(w, inputs[t], sums[r][t]);
        }
    }
    if (c < count) {
        HWY_UNROLL(4)
        for (int t = 0; t < tokens; ++t) {
            const Floats input = loadFloatsTail(x[t] + c, count - c);
            HWY_UNROLL(4)
            for (int r = 0; r < rows; ++r) {
                const Floats w = hn::Load(floatTag, panel + static_cast<std::size_t>(r) * panelCols + c);
                sums[r][t] = hn::MulAdd(w, input, sums[r][t]);
            }
        }
    }
    HWY_UNROLL(4)
    for (int r = 0; r < rows; ++r) {
        const Floats factor = hn::Set(floatTag, block.factors[row + r]);
        HWY_UNROLL(4)
        for (int t = 0; t < tokens; ++t) {
            float *total = block.total(row + r, token + t);
            hn::Store(scaled ? hn::MulAdd(sums[r][t], factor, hn::Load(floatTag, total)) : sums[r][t], floatTag, total);
        }
    }
}

template <bool scaled, int rows>
HWY_INLINE void addTiles(Block &block, int row, std::size_t first, std::size_t count)
{
    int token = 0;
    for (; token + tileTokens <= block.tokens; token += tileTokens)
        addTile<scaled, rows, tileTokens>(block, row, token, first, count);
    if (token + 2 == block.tokens)
        addTile<scaled, rows, 2>(block, row, token, first, count);
    else if (token < block.tokens)
        addTile<scaled, rows, 1>(block, row, token, first, count);
}

template <class Format>
void dotBlock(const DotCall &call, int row, int rows, int token, Block &block)
{
    const auto cols = static_cast<std::size_t>(call.weight.cols);
    const std::size_t width = inBlocks<Format> ? panelCols : factorWidth(call.weight);
    for (int t = 0; t < block.tokens; ++t)
        block.x[t] = inputOf(call, token + t);
    for (int r = 0; r < rows; ++r) {
        for (int t = 0; t < block.tokens; ++t)
            hn::Store(hn::Zero(floatTag), floatTag, block.total(r, t));
    }
    constexpr bool scaled = Format::unit != 1.0F;
    for (std::size_t col = 0; col < cols; col += width) {
        const std::size_t count = std::min(width, cols - col);
        decodePanelOf<Format>(call.weight, row, rows, col, count, block);
        block.col = col;
        for (std::size_t first = 0; first < count; first += tileCols) {
            const std::size_t part = std::min(tileCols, count - first);
            int r = 0;
            for (; r + tileRows <= rows; r += tileRows)
                addTiles<scaled, tileRows>(block, r, first, part);
            for (; r < rows; ++r)
                addTiles<scaled, 1>(block, r, first, part);
        }
    }
    for (int t = 0; t < block.tokens; ++t) {
        for (int r = 0; r < rows; ++r)
            put(call, token + t, row + r, sumOf(hn::Load(floatTag, block.total(r, t))));
    }
}

template <class Format>
void dotTokens(const DotCall &call)
{
    Block block;
    for (int row = call.rowBegin; row < call.rowEnd; row += rowBlock) {
        const int rows = std::min(rowBlock, call.rowEnd - row);
        for (int token = 0; token < call.tokens; token += tokenBlock) {
            block.tokens = std::min(tokenBlock, call.tokens - token);
            dotBlock<Format>(call, row, rows, token, block);
        }
    }
}

void dotAnyFormat(const DotCall &call)
{
    withAnyFormat(call.weight, [&](auto format) {
        using Format = decltype(format);
        if (call.tokens == 1)
            dotOneToken<Format>(call);
        else
            dotTokens<Format>(call);
    });
}

const char *targetName()
{
    return hwy::TargetName(HWY_TARGET);
}

} // namespace
} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace engine::backend::cpu {

HWY_EXPORT(dotAnyFormat);
HWY_EXPORT(targetName);

void dot(const DotCall &call)
{
    HWY_DYNAMIC_DISPATCH(dotAnyFormat)(call);
}

const char *instructionSet()
{
    return HWY_DYNAMIC_DISPATCH(targetName)();
}

} // namespace engine::backend::cpu
#endif
