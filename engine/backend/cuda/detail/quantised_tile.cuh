#pragma once
// A block of a weight in E4M3 times a block of tokens in E4M3 through shared memory (mma.m16n8k32 on the codes). The
// weight is on the M side: 16 rows for each of 8 warps, which go over all tokens. Steps of 128 columns come by
// cp.async, several under way; after each the sums are multiplied by both scales and added up in F32.

#include "engine/backend/cuda/detail/async_copy.cuh"
#include "engine/backend/cuda/detail/mma_e4m3.cuh"
#include "engine/backend/cuda/detail/quantised.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

constexpr int quantisedTileRows = 128; ///< of the weight
constexpr int quantisedTileThreads = 256;

/// One step in shared memory, a part of dynamicShared(). `parts` weights of one shape have the same inputs.
template <int tokens, int parts>
struct QuantisedStage {
    static constexpr int scaleUnits = tokens / 4 + 1; ///< of four scales: the first token may be any of a four

    alignas(16) std::uint8_t weight[parts][quantisedTileRows * scaleGroup];
    alignas(16) std::uint8_t x[tokens * scaleGroup];
    alignas(16) float scale[scaleUnits * 4];

    /// 16 columns; neighbouring rows have their halves the other way round, so that 8 lanes read from different banks.
    __device__ static int unitAt(int row, int index) { return row * scaleGroup + (index ^ (row & 1) << 2) * 16; }
};

/// Rows of x that a tile works on.
struct QuantisedTileInput {
    QuantisedRows x;
    int first = 0;
    int count = 0;
};

template <int tokens, int parts>
__device__ inline void loadQuantisedStage(const WeightView *const (&weights)[parts], int firstRow, int firstCol,
                                          const QuantisedTileInput &input, QuantisedStage<tokens, parts> &stage)
{
    constexpr int units = scaleGroup / 16;
    const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
    for (int part = 0; part < parts; ++part) {
        const WeightView &weight = *weights[part];
        for (int item = thread; item < quantisedTileRows * units; item += quantisedTileThreads) {
            const int row = item / units;
            const int col = firstCol + item % units * 16;
            const bool present = firstRow + row < weight.rows && col < weight.cols;
            const std::size_t at =
                static_cast<std::size_t>(min(firstRow + row, weight.rows - 1)) * static_cast<std::size_t>(weight.cols) +
                static_cast<std::size_t>(present ? col : 0);
            asyncCopy16(stage.weight[part] + stage.unitAt(row, item % units), weight.data + at, present);
        }
    }
    for (int item = thread; item < tokens * units; item += quantisedTileThreads) {
        const int token = item / units;
        const bool present = token < input.count;
        const std::size_t row = static_cast<std::size_t>(input.first + (present ? token : 0));
        asyncCopy16(stage.x + stage.unitAt(token, item % units),
                    input.x.values + row * static_cast<std::size_t>(input.x.width) +
                        static_cast<std::size_t>(firstCol + item % units * 16),
                    present);
    }
    if (thread < QuantisedStage<tokens, parts>::scaleUnits) {
        const int row = input.first / 4 * 4 + thread * 4;
        const bool present = row < input.x.scaleStride;
        asyncCopy16(stage.scale + thread * 4,
                    input.x.scales +
                        static_cast<std::size_t>(firstCol / scaleGroup) *
                            static_cast<std::size_t>(input.x.scaleStride) +
                        static_cast<std::size_t>(present ? row : 0),
                    present);
    }
}

/// totals += this warp's 16 rows · all tokens over the 128 columns of the stage.
template <int tokens>
__device__ inline void multiplyQuantisedStage(const std::uint8_t *weight, const std::uint8_t *x, const float *scale,
                                              const float (&rowScales)[2], float (&totals)[tokens / 8][4])
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int row = static_cast<int>(threadIdx.x) / warpSize32 * 16 + lane / 4;
    float sums[tokens / 8][4] = {};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int unit = half * 4 + lane % 4;
        const auto at = [unit](const std::uint8_t *rows, int r) {
            return *reinterpret_cast<const uint4 *>(rows + QuantisedStage<tokens, 1>::unitAt(r, unit));
        };
        const uint4 upper = at(weight, row);
        const uint4 lower = at(weight, row + 8);
        const unsigned first[4] = {upper.x, lower.x, upper.y, lower.y};
        const unsigned second[4] = {upper.z, lower.z, upper.w, lower.w};
#pragma unroll
        for (int n = 0; n < tokens / 8; ++n) {
            const uint4 four = at(x, n * 8 + lane / 4);
            const unsigned low[2] = {four.x, four.y};
            const unsigned high[2] = {four.z, four.w};
            mmaE4m3(sums[n], first, low);
            mmaE4m3(sums[n], second, high);
        }
    }
#pragma unroll
    for (int n = 0; n < tokens / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const float factor = scale[n * 8 + lane % 4 * 2 + i % 2] * rowScales[i / 2] * unitOfE4m3Sums();
            totals[n][i] = fmaf(sums[n][i], factor, totals[n][i]);
        }
    }
}

template <int parts>
constexpr int quantisedStages = parts == 1 ? 3 : 2;

/// The scales of one row of a weight; 1 where there are none.
class RowScales {
public:
    __device__ RowScales(const WeightView &weight, int row)
        : m_scales(weight.scale == nullptr
                       ? nullptr
                       : weight.scale + static_cast<std::size_t>(min(row, weight.rows - 1) / weight.blockRows) *
                                            static_cast<std::size_t>(weight.scaleCols))
    {
    }
    __device__ float at(int group) const { return m_scales == nullptr ? 1.0F : __ldg(m_scales + group); }

private:
    const float *m_scales;
};

template <int tokens, int parts>
constexpr std::size_t quantisedTileBytes()
{
    return quantisedStages<parts> * sizeof(QuantisedStage<tokens, parts>);
}

/// totals[part] += weights[part][firstRow …] · input over all columns, as the D fragments of mmaE4m3(): token n · 8 +
/// column. Ends with a barrier; dynamicShared() is free then.
template <int tokens, int parts>
__device__ inline void quantisedTileDot(const WeightView *const (&weights)[parts], int firstRow,
                                        const QuantisedTileInput &input, float (&totals)[parts][tokens / 8][4])
{
    constexpr int stages = quantisedStages<parts>;
    auto *const memory = reinterpret_cast<QuantisedStage<tokens, parts> *>(dynamicShared());
    const int steps = (weights[0]->cols + scaleGroup - 1) / scaleGroup;
    const int row =
        firstRow + static_cast<int>(threadIdx.x) / warpSize32 * 16 + static_cast<int>(threadIdx.x) % warpSize32 / 4;
    const RowScales scales[2][2] = {{{*weights[0], row}, {*weights[0], row + 8}},
                                    {{*weights[parts - 1], row}, {*weights[parts - 1], row + 8}}};
    for (int step = 0; step < stages - 1; ++step) {
        if (step < steps)
            loadQuantisedStage<tokens, parts>(weights, firstRow, step * scaleGroup, input, memory[step]);
        asyncCommit();
    }
    for (int step = 0; step < steps; ++step) {
        asyncWait<stages - 2>();
        __syncthreads(); // all have their copies of this step, and are done with the one before
        const int next = step + stages - 1;
        if (next < steps)
            loadQuantisedStage<tokens, parts>(weights, firstRow, next * scaleGroup, input, memory[next % stages]);
        asyncCommit();
        const QuantisedStage<tokens, parts> &stage = memory[step % stages];
#pragma unroll
        for (int part = 0; part < parts; ++part) {
            const float rowScales[2] = {scales[part][0].at(step), scales[part][1].at(step)};
            multiplyQuantisedStage<tokens>(stage.weight[part], stage.x, stage.scale + input.first % 4, rowScales,
                                           totals[part]);
        }
    }
    __syncthreads();
}

/// body(row of the weight, token, n, i) for every total this lane holds that is inside the matrix.
template <int tokens, typename Body>
__device__ inline void forEachQuantisedTotal(int firstRow, int rows, int count, const Body &body)
{
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int first = firstRow + static_cast<int>(threadIdx.x) / warpSize32 * 16 + lane / 4;
#pragma unroll
    for (int n = 0; n < tokens / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int row = first + i / 2 * 8;
            const int token = n * 8 + lane % 4 * 2 + i % 2;
            if (row < rows && token < count)
                body(row, token, n, i);
        }
    }
}

} // namespace engine::backend::cuda
