#pragma once
// A block of the weight times a block of tokens on tensor cores, in a pipeline: while the tensor cores work on one
// stage, the next ones are on their way (cp.async), and the fragments of the next 16 columns are loaded while those of
// these are multiplied. Products are made of BF16. FP8 weights lose nothing: their codes become BF16 in registers, and
// the sums of the columns that share a scale are made unscaled and then added in F32 with it. Other types are rounded
// to BF16 as the inputs are.
//
// The sum of a number is made in the order of the columns, 16 at a time, whatever the plan: what a token gets does not
// depend on the tile it is in.

#include "engine/backend/cuda/detail/fp8_codes.cuh"
#include "engine/backend/cuda/detail/tile_feed.cuh"

namespace engine::backend::cuda {

/// What the tensor cores need for 16 columns; of FP8 weights still the codes.
template <class Plan>
struct TileFragments {
    static constexpr int weightWords = Plan::feed == Feed::Codes ? 1 : 2; ///< of 8 rows

    unsigned input[Plan::tokenTiles][4];
    unsigned weight[Plan::rowTiles][weightWords];

    __device__ void load(const std::byte *stage, int step)
    {
        loadInput(stage, step);
        if constexpr (Plan::feed == Feed::Codes)
            loadCodes(stage + Plan::inputBytes, step);
        else
            loadWeight(stage + Plan::inputBytes, step);
    }

private:
    /// With codes a lane has four neighbouring columns instead of twice two: so are the bytes of a code fragment, and
    /// the order of columns does not matter to a sum as long as both sides have the same.
    __device__ void loadInput(const std::byte *tile, int step)
    {
        const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
        for (int m = 0; m < Plan::tokenTiles; ++m) {
            if constexpr (Plan::feed == Feed::Codes) {
#pragma unroll
                for (int half = 0; half < 2; ++half) {
                    const int row = warpToken<Plan>() + m * 16 + half * 8 + lane / 4;
                    const uint2 four = *reinterpret_cast<const uint2 *>(
                        tile + row * rowBytes16 + Plan::inputChunk(row, step * 2 + lane % 4 / 2) + lane % 2 * 8);
                    input[m][half] = four.x;
                    input[m][half + 2] = four.y;
                }
            } else {
                const int row = warpToken<Plan>() + m * 16 + lane % 16;
                loadMatrices(input[m], tile + row * rowBytes16 + Plan::inputChunk(row, step * 2 + lane / 16));
            }
        }
    }
    __device__ void loadWeight(const std::byte *tile, int step)
    {
        const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
        for (int n = 0; n < Plan::rowTiles; n += 2) {
            const int row = warpRow<Plan>() + n * 8 + lane / 16 * 8 + lane % 8;
            unsigned four[4];
            loadMatrices(four, tile + row * rowBytes16 + Plan::weightChunk(row, step * 2 + lane / 8 % 2));
            weight[n][0] = four[0];
            weight[n][weightWords - 1] = four[1];
            weight[n + 1][0] = four[2];
            weight[n + 1][weightWords - 1] = four[3];
        }
    }
    __device__ void loadCodes(const std::byte *tile, int step)
    {
        const int row = warpRow<Plan>() + static_cast<int>(threadIdx.x) % 32;
        unsigned four[4];
        loadMatrices(four, tile + row * Plan::weightRowBytes + Plan::weightChunk(row, step));
#pragma unroll
        for (int n = 0; n < Plan::rowTiles; ++n)
            weight[n][0] = four[n];
    }
};

/// `first`: the sums begin at 0.
template <class Plan, bool first>
__device__ inline void multiplyFragments(const TileFragments<Plan> &fragments, typename Plan::Totals &sums)
{
#pragma unroll
    for (int n = 0; n < Plan::rowTiles; ++n) {
        unsigned weight[2];
        if constexpr (Plan::feed == Feed::Codes) {
            codesToBf16(fragments.weight[n][0], weight);
        } else {
            weight[0] = fragments.weight[n][0];
            weight[1] = fragments.weight[n][1];
        }
#pragma unroll
        for (int m = 0; m < Plan::tokenTiles; ++m) {
            if constexpr (first)
                mmaBf16First(sums[m][n], fragments.input[m], weight);
            else
                mmaBf16(sums[m][n], fragments.input[m], weight);
        }
    }
}

/// Of FP8 weights: the sums of a stage are made unscaled, then added to the totals with their scale.
template <class Plan>
class ScaledSums {
public:
    __device__ ScaledSums(const WeightView *const (&weights)[Plan::parts], int firstRow)
        : m_halves(weights[0]->blockCols == 2 * stageCols ? 1 : 0)
    {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const WeightView &weight = *weights[Plan::parts == 2 ? i : 0];
            const int row = min(firstRow + Plan::rowOf(warpRow<Plan>() + i * 16), weight.rows - 1);
            m_scales[i] = weight.scale == nullptr ? nullptr : weight.scale + row / weight.blockRows * weight.scaleCols;
            m_scale[i] = m_scales[i] == nullptr ? 1.0F : __ldg(m_scales[i]);
        }
    }
    template <bool first>
    __device__ void multiply(const TileFragments<Plan> &fragments, typename Plan::Totals &)
    {
        multiplyFragments<Plan, first>(fragments, m_sums);
    }
    /// After a stage; `next`: the one that follows, or the same again if there is none.
    __device__ void add(int next, typename Plan::Totals &totals)
    {
#pragma unroll
        for (int n = 0; n < Plan::rowTiles; ++n) {
#pragma unroll
            for (int m = 0; m < Plan::tokenTiles; ++m) {
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    totals[m][n][i] = fmaf(m_sums[m][n][i], m_scale[n / 2], totals[m][n][i]);
            }
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            if (m_scales[i] != nullptr)
                m_scale[i] = __ldg(m_scales[i] + (next >> m_halves)); // comes while the next sums are made
        }
    }

private:
    typename Plan::Totals m_sums;
    const float *m_scales[2]; ///< of 16 rows each
    float m_scale[2];
    int m_halves; ///< 1: two stages share a scale
};

template <class Plan>
class PlainSums {
public:
    __device__ PlainSums(const WeightView *const (&)[Plan::parts], int) {}
    template <bool first>
    __device__ void multiply(const TileFragments<Plan> &fragments, typename Plan::Totals &totals)
    {
        multiplyFragments<Plan, false>(fragments, totals);
    }
    __device__ void add(int, typename Plan::Totals &) {}
};

/// Until the stage after the one being worked on is there.
__device__ inline void waitForStage(int stages)
{
    if (stages >= 4)
        asyncWait<2>();
    else if (stages == 3)
        asyncWait<1>();
    else
        asyncWait<0>();
    __syncthreads();
}

/// totals = weights[firstRow …] · input over all columns. `shared` [stages · stageBytes], 2 to 4 stages; the weights
/// have one shape.
template <class Plan>
__device__ inline void tileProduct(const WeightView *const (&weights)[Plan::parts], int firstRow,
                                   const TileInput &input, std::byte *shared, int stages, typename Plan::Totals &totals)
{
    constexpr int steps = stageCols / 16;
    using Sums = std::conditional_t<Plan::feed == Feed::Codes, ScaledSums<Plan>, PlainSums<Plan>>;
    const int count = (weights[0]->cols + stageCols - 1) / stageCols;
    const InputFeed<Plan> inputs(input, weights[0]->cols);
    const WeightFeed<Plan> feed(weights, firstRow);
    Sums sums(weights, firstRow);
    const auto copy = [&](int stage, int slot) {
        if (stage < count) {
            inputs.copy(stage, shared + slot * Plan::stageBytes);
            feed.copy(stage, shared + slot * Plan::stageBytes + Plan::inputBytes);
        }
        asyncCommit();
    };
    for (int stage = 0; stage < stages - 1; ++stage)
        copy(stage, stage);
    feed.decode(0, shared + Plan::inputBytes);
    waitForStage(stages);
    TileFragments<Plan> fragments[2];
    fragments[0].load(shared, 0);
    int slot = 0;
    int freeSlot = stages - 1;
#pragma unroll 1
    for (int stage = 0; stage < count; ++stage) {
        const int nextSlot = slot + 1 == stages ? 0 : slot + 1;
        copy(stage + stages - 1, freeSlot);
        if (stage + 1 < count)
            feed.decode(stage + 1, shared + nextSlot * Plan::stageBytes + Plan::inputBytes);
#pragma unroll
        for (int step = 0; step < steps; ++step) {
            if (step + 1 < steps) {
                fragments[(step + 1) % 2].load(shared + slot * Plan::stageBytes, step + 1);
            } else if (stage + 1 < count) {
                waitForStage(stages); // nobody uses this stage any more
                fragments[0].load(shared + nextSlot * Plan::stageBytes, 0);
            }
            if (step == 0)
                sums.template multiply<true>(fragments[0], totals);
            else
                sums.template multiply<false>(fragments[step % 2], totals);
        }
        sums.add(min(stage + 1, count - 1), totals);
        freeSlot = slot;
        slot = nextSlot;
    }
}

/// body(token, m, i) for every token this lane has numbers of, counted from the tile's first: theirs are
/// totals[m][n][i] and [i + 1], of rows rowOf(warpRow()) + 8n + laneRow() and the one after it.
template <class Plan, typename Body>
__device__ inline void forEachToken(const Body &body)
{
    const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
    for (int m = 0; m < Plan::tokenTiles; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half)
            body(warpToken<Plan>() + m * 16 + half * 8 + lane / 4, m, 2 * half);
    }
}
__device__ inline int laneRow()
{
    return static_cast<int>(threadIdx.x) % 4 * 2;
}

} // namespace engine::backend::cuda
