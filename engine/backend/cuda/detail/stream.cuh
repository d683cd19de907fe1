#pragma once
// Matrix times few vectors at the speed of memory: each weight goes from global memory straight into the registers of
// the one lane that needs it as an operand of the tensor cores, 16 bytes a load and 8 to 16 loads under way in every
// thread. The weight is on the M side of the product (16 rows a warp), the tokens on the N side (8 a tile), so one to
// eight tokens cost the same.
//
// Nothing is lost by that: FP8 becomes F16 exactly, BF16 stays as it is, and an input is the sum of two F16 (after a
// power of two that brings the largest of 128 columns to 2^14) or three BF16, which are multiplied one after the other.
// The sums of `stepCols` columns are made by the tensor cores, the rest is added in F32. For 9 to 32 tokens, where the
// tensor cores begin to count, an input is one F16 or BF16.
//
// Which column of the weight stands at which place of the inner dimension does not matter as long as the inputs are
// read alike: lane place p of a row has laneCols neighbouring columns, which are one or two loads, and 4 of them are
// its share of one step of mma.m16n8k16.

#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

struct NumberF16 {
    static constexpr bool scaled = true;
    __device__ static unsigned pack(float low, float high) { return packF16(low, high); }
    __device__ static float low(unsigned pair)
    {
        return __half2float(__ushort_as_half(static_cast<std::uint16_t>(pair & 0xFFFFU)));
    }
    __device__ static float high(unsigned pair)
    {
        return __half2float(__ushort_as_half(static_cast<std::uint16_t>(pair >> 16)));
    }
    __device__ static void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { mmaF16(d, a, b); }
};

struct NumberBF16 {
    static constexpr bool scaled = false;
    __device__ static unsigned pack(float low, float high) { return packBf16(low, high); }
    __device__ static float low(unsigned pair) { return __uint_as_float(pair << 16); }
    __device__ static float high(unsigned pair) { return __uint_as_float(pair & 0xFFFF0000U); }
    __device__ static void mma(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { mmaBf16(d, a, b); }
};

/// Of a format: columns of one lane, what an input must be split into so that nothing is lost, and one load of weights
/// as pairs of numbers, which are `unit` too small.
template <class Format>
struct StreamFormat {
    static constexpr bool known = false;
};

template <>
struct StreamFormat<FormatBF16> {
    static constexpr bool known = true;
    static constexpr int laneCols = 8;
    static constexpr int exactPasses = 3;
    using Number = NumberBF16;
    __device__ static float unit() { return 1.0F; }
    __device__ static void pairs(const uint4 &raw, unsigned (&out)[laneCols / 2])
    {
        out[0] = raw.x;
        out[1] = raw.y;
        out[2] = raw.z;
        out[3] = raw.w;
    }
};

template <>
struct StreamFormat<FormatF16> : StreamFormat<FormatBF16> {
    static constexpr int exactPasses = 2;
    using Number = NumberF16;
};

template <>
struct StreamFormat<FormatFP8> {
    static constexpr bool known = true;
    static constexpr int laneCols = 16;
    static constexpr int exactPasses = 2;
    using Number = NumberF16;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
    __device__ static float unit()
    {
        return 1.0F;
    }
    __device__ static void fourOf(unsigned codes, unsigned &low, unsigned &high)
    {
        asm("{\n.reg .b16 l, h;\nmov.b32 {l, h}, %2;\ncvt.rn.f16x2.e4m3x2 %0, l;\ncvt.rn.f16x2.e4m3x2 %1, h;\n}"
            : "=r"(low), "=r"(high)
            : "r"(codes));
    }
#else
    /// The exponent of F16 is 8 larger for the same bits; subnormal numbers stay such.
    __device__ static float unit()
    {
        return 256.0F;
    }
    __device__ static void fourOf(unsigned codes, unsigned &low, unsigned &high)
    {
        const unsigned first = (codes << 8 & 0x0000FF00U) | (codes << 16 & 0xFF000000U);
        const unsigned second = (codes >> 8 & 0x0000FF00U) | (codes & 0xFF000000U);
        low = (first & 0x80008000U) | (first >> 1 & 0x3F803F80U);
        high = (second & 0x80008000U) | (second >> 1 & 0x3F803F80U);
    }
#endif
    __device__ static void pairs(const uint4 &raw, unsigned (&out)[laneCols / 2])
    {
        fourOf(raw.x, out[0], out[1]);
        fourOf(raw.y, out[2], out[3]);
        fourOf(raw.z, out[4], out[5]);
        fourOf(raw.w, out[6], out[7]);
    }
};

/// `tokenTiles` · 8 tokens; `parts` matrices of one shape go over the same inputs.
template <class WeightFormat, int tokenTiles, int inputPasses, int matrices, int blockWarps>
struct StreamPlan {
    using Format = WeightFormat;
    using Stream = StreamFormat<Format>;
    static constexpr int tiles = tokenTiles;
    static constexpr int passes = inputPasses;
    static constexpr int parts = matrices;
    static constexpr int warps = blockWarps;
    static constexpr int threads = warps * warpSize32;
    static constexpr int rows = warps * 16; ///< of a block
    static constexpr int tokens = tiles * 8;
    static constexpr int laneCols = Stream::laneCols;
    static constexpr int chunks = 2; ///< loads of one row that belong to a step
    static constexpr int chunkCols = 4 * laneCols;
    static constexpr int stepCols = chunks * chunkCols; ///< 128 bytes of a row
    static constexpr int stages = parts == 1 ? 3 : 4;   ///< steps whose weights are under way
    /// Columns of the inputs that are in shared memory at a time.
    static constexpr int sliceCols = (parts == 1 ? 768 : 512) / (tiles == 4 ? 2 : 1);
    static constexpr int sliceSteps = sliceCols / stepCols * parts;
    /// Numbers per token there; the rest keeps the 16-byte reads of 8 lanes off each other's banks.
    static constexpr int pitch = sliceCols + (laneCols == 16 ? 8 : 32);
    static_assert(sliceSteps % stages == 0 && stages % parts == 0 && sliceCols % scaleGroup == 0);
    static_assert(stepCols <= scaleGroup);
    static constexpr int scaleBlocks = sliceCols / scaleGroup;
};

template <class Plan>
struct StreamMemory {
    alignas(16) std::uint16_t x[Plan::passes][Plan::tokens * Plan::pitch];
    float scale[Plan::scaleBlocks][Plan::tokens]; ///< what the inputs were divided by
};

/// Weights are read once, so they need no place in the first cache.
__device__ inline uint4 loadOnce(const std::uint8_t *at)
{
#ifdef __CUDACC__
    uint4 raw;
    asm("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
        : "=r"(raw.x), "=r"(raw.y), "=r"(raw.z), "=r"(raw.w)
        : "l"(at));
    return raw;
#else
    return __ldcs(reinterpret_cast<const uint4 *>(at));
#endif
}

/// The power of two that brings numbers up to `largest` below 2^15, and its inverse.
struct PowerOfTwo {
    float up;
    float down;
    __device__ explicit PowerOfTwo(float largest)
    {
        const unsigned exponent = max(__float_as_uint(largest) >> 23, 15U); // the factor stays a normal number
        up = __uint_as_float((268U - exponent) << 23);
        down = __uint_as_float((exponent - 14U) << 23);
    }
};

/// Writes 4 columns of a token in every pass.
template <class Plan>
__device__ inline void splitInput(const float4 &four, StreamMemory<Plan> &memory, int at)
{
    using Number = typename Plan::Stream::Number;
    float rest[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
    for (int pass = 0; pass < Plan::passes; ++pass) {
        const uint2 pairs = {Number::pack(rest[0], rest[1]), Number::pack(rest[2], rest[3])};
        *reinterpret_cast<uint2 *>(memory.x[pass] + at) = pairs;
        rest[0] -= Number::low(pairs.x);
        rest[1] -= Number::high(pairs.x);
        rest[2] -= Number::low(pairs.y);
        rest[3] -= Number::high(pairs.y);
    }
}

/// A warp takes 128 columns of a token at a time.
template <class Plan, typename RowOf>
__device__ inline void stageStreamInput(const RowOf &rowOf, int count, int firstCol, int endCol,
                                        StreamMemory<Plan> &memory)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int blocks = min(Plan::scaleBlocks, (endCol - firstCol + scaleGroup - 1) / scaleGroup);
    for (int item = static_cast<int>(threadIdx.x) / warpSize32; item < blocks * count; item += Plan::warps) {
        const int token = item / blocks;
        const int block = item % blocks;
        const int col = firstCol + block * scaleGroup + lane * 4;
        float4 four = {0.0F, 0.0F, 0.0F, 0.0F};
        if (col < endCol)
            four = *reinterpret_cast<const float4 *>(rowOf(token) + col);
        if constexpr (Plan::Stream::Number::scaled) {
            const float largest = fmaxf(fmaxf(fabsf(four.x), fabsf(four.y)), fmaxf(fabsf(four.z), fabsf(four.w)));
            const PowerOfTwo power(warpMax(largest));
            four = {four.x * power.up, four.y * power.up, four.z * power.up, four.w * power.up};
            if (lane == 0)
                memory.scale[block][token] = power.down;
        }
        splitInput<Plan>(four, memory, token * Plan::pitch + block * scaleGroup + lane * 4);
    }
}

/// The weights of one step: rows g and g + 8 of this warp.
template <class Plan>
struct StreamStep {
    uint4 raw[2][Plan::chunks];
    float scale[2];
};

/// This lane's part of the rows of one matrix.
template <class Plan>
struct StreamRows {
    const std::uint8_t *data[2];
    const float *scale[2];
    int cols;

    __device__ StreamRows(const WeightView &weight, int firstRow) : cols(weight.cols)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int first = firstRow + static_cast<int>(threadIdx.x) / warpSize32 * 16 + lane / 4;
#pragma unroll
        for (int r = 0; r < 2; ++r) {
            const int row = min(first + r * 8, weight.rows - 1);
            data[r] = weight.data +
                      static_cast<std::size_t>(row) * static_cast<std::size_t>(weight.cols) * Plan::Format::bytes;
            scale[r] = weight.scale == nullptr ? nullptr
                                               : weight.scale + static_cast<std::size_t>(row / weight.blockRows) *
                                                                    static_cast<std::size_t>(weight.scaleCols);
        }
    }

    __device__ void load(int col, StreamStep<Plan> &step) const
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int r = 0; r < 2; ++r) {
#pragma unroll
            for (int chunk = 0; chunk < Plan::chunks; ++chunk) {
                const int at = col + chunk * Plan::chunkCols + lane % 4 * Plan::laneCols;
                step.raw[r][chunk] =
                    at < cols ? loadOnce(data[r] + static_cast<std::size_t>(at) * Plan::Format::bytes) : uint4{};
            }
            if constexpr (Plan::Format::bytes == 1)
                step.scale[r] = scale[r] == nullptr || col >= cols ? 1.0F : __ldg(scale[r] + col / scaleGroup);
        }
    }
};

template <class Plan>
__device__ inline void loadInput(const StreamMemory<Plan> &memory, int pass, int token, int col,
                                 unsigned (&pairs)[Plan::laneCols / 2])
{
    const std::uint16_t *at = memory.x[pass] + token * Plan::pitch + col;
#pragma unroll
    for (int i = 0; i < Plan::laneCols / 8; ++i) {
        const uint4 four = *reinterpret_cast<const uint4 *>(at + 8 * i);
        pairs[4 * i] = four.x;
        pairs[4 * i + 1] = four.y;
        pairs[4 * i + 2] = four.z;
        pairs[4 * i + 3] = four.w;
    }
}

/// totals += the step's columns; `col` counts from the start of the slice.
template <class Plan>
__device__ inline void multiplyStep(const StreamStep<Plan> &step, int col, int count, const StreamMemory<Plan> &memory,
                                    float (&totals)[Plan::tiles][4])
{
    using Stream = typename Plan::Stream;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    float sums[Plan::tiles][Plan::passes][4] = {};
#pragma unroll
    for (int chunk = 0; chunk < Plan::chunks; ++chunk) {
        unsigned upper[Plan::laneCols / 2];
        unsigned lower[Plan::laneCols / 2];
        Stream::pairs(step.raw[0][chunk], upper);
        Stream::pairs(step.raw[1][chunk], lower);
#pragma unroll
        for (int tile = 0; tile < Plan::tiles; ++tile) {
            const int token = min(tile * 8 + lane / 4, count - 1);
#pragma unroll
            for (int pass = 0; pass < Plan::passes; ++pass) {
                unsigned x[Plan::laneCols / 2];
                loadInput<Plan>(memory, pass, token, col + chunk * Plan::chunkCols + lane % 4 * Plan::laneCols, x);
#pragma unroll
                for (int k = 0; k < Plan::laneCols / 2; k += 2) {
                    const unsigned a[4] = {upper[k], lower[k], upper[k + 1], lower[k + 1]};
                    const unsigned b[2] = {x[k], x[k + 1]};
                    Stream::Number::mma(sums[tile][pass], a, b);
                }
            }
        }
    }
#pragma unroll
    for (int tile = 0; tile < Plan::tiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            float sum = sums[tile][Plan::passes - 1][i]; // the small ones first
#pragma unroll
            for (int pass = Plan::passes - 2; pass >= 0; --pass)
                sum += sums[tile][pass][i];
            float factor = 1.0F;
            if constexpr (Stream::Number::scaled)
                factor = memory.scale[col / scaleGroup][min(tile * 8 + lane % 4 * 2 + i % 2, count - 1)];
            if constexpr (Plan::Format::bytes == 1)
                factor *= step.scale[i / 2] * Stream::unit();
            totals[tile][i] = fmaf(sum, factor, totals[tile][i]);
        }
    }
}

/// totals[part] += rows firstRow … of weights[part] · the inputs over columns beginCol … endCol; beginCol is a multiple
/// of scaleGroup. As the D fragments of mmaF16(): see forEachStreamTotal(). rowOf(token) is a row of the inputs, which
/// starts on 16 bytes.
template <class Plan, typename RowOf>
__device__ inline void streamDot(const WeightView *const (&weights)[Plan::parts], int firstRow, int beginCol,
                                 int endCol, const RowOf &rowOf, int count, StreamMemory<Plan> &memory,
                                 float (&totals)[Plan::parts][Plan::tiles][4])
{
    constexpr int stages = Plan::stages;
    constexpr int parts = Plan::parts;
    const StreamRows<Plan> first(*weights[0], firstRow);
    const StreamRows<Plan> last(*weights[parts - 1], firstRow);
    const int steps = (endCol - beginCol + Plan::stepCols - 1) / Plan::stepCols * parts;
    StreamStep<Plan> ring[stages];
    const auto load = [&](int number, StreamStep<Plan> &step, bool lastPart) {
        if (number < steps)
            (lastPart ? last : first).load(beginCol + number / parts * Plan::stepCols, step);
    };
#pragma unroll
    for (int s = 0; s < stages; ++s)
        load(s, ring[s], parts > 1 && s % parts == 1);
    for (int slice = 0; slice < steps; slice += Plan::sliceSteps) {
        const int sliceCol = beginCol + slice / parts * Plan::stepCols;
        __syncthreads();
        stageStreamInput<Plan>(rowOf, count, sliceCol, endCol, memory);
        __syncthreads();
        const int end = min(steps, slice + Plan::sliceSteps);
        for (int number = slice; number < end; number += stages) {
#pragma unroll
            for (int s = 0; s < stages; ++s) {
                if (number + s < end)
                    multiplyStep<Plan>(ring[s], (number + s - slice) / parts * Plan::stepCols, count, memory,
                                       totals[parts > 1 && s % parts == 1 ? parts - 1 : 0]);
                load(number + s + stages, ring[s], parts > 1 && s % parts == 1);
            }
        }
    }
}

/// body(row, token, index of the total in [tiles][4]) for what this lane holds inside the matrix.
template <class Plan, typename Body>
__device__ inline void forEachStreamTotal(int firstRow, int rows, int count, const Body &body)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int first = firstRow + static_cast<int>(threadIdx.x) / warpSize32 * 16 + lane / 4;
#pragma unroll
    for (int tile = 0; tile < Plan::tiles; ++tile) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int row = first + i / 2 * 8;
            const int token = tile * 8 + lane % 4 * 2 + i % 2;
            if (row < rows && token < count)
                body(row, token, tile, i);
        }
    }
}

/// load(0) + load(1) + … in this order, of which eight are under way at a time.
template <typename Load>
__device__ inline float sumInOrder(int count, const Load &load)
{
    float total = 0.0F;
#pragma unroll 1
    for (int first = 0; first < count; first += 8) {
        float parts[8];
#pragma unroll
        for (int i = 0; i < 8; ++i)
            parts[i] = first + i < count ? load(first + i) : 0.0F;
#pragma unroll
        for (int i = 0; i < 8; ++i)
            total += parts[i];
    }
    return total;
}

/// True in every thread of the block that is the last of `blocks` to come here with this counter; what the others
/// wrote before is then to be read with __ldcg(). The counter starts at 0 and is there again afterwards. Who is last
/// depends on timing, what it computes must not.
__device__ inline bool isLastBlock(unsigned *counter, int blocks)
{
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0)
        last = atomicInc(counter, static_cast<unsigned>(blocks - 1)) == static_cast<unsigned>(blocks - 1);
    __syncthreads();
    if (last)
        __threadfence();
    return last;
}

} // namespace engine::backend::cuda
