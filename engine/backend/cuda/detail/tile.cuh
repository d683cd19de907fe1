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
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

/// What the tensor cores need for 16 columns: both operands as they are.
template <class Plan>
struct TileFragments {
    unsigned first[Plan::firstTiles][4];
    unsigned second[Plan::secondTiles][2];

    __device__ void load(const std::byte *stage, int step)
    {
        const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
        for (int m = 0; m < Plan::firstTiles; ++m) {
            const int row = warpToken<Plan>() + m * 16 + lane % 16;
            loadMatrices(first[m], stage + row * rowBytes16 + Plan::inputChunk(row, step * 2 + lane / 16));
        }
        const std::byte *weight = stage + Plan::inputBytes;
#pragma unroll
        for (int n = 0; n < Plan::secondTiles; n += 2) {
            const int row = warpRow<Plan>() + n * 8 + lane / 16 * 8 + lane % 8;
            unsigned four[4];
            loadMatrices(four, weight + row * rowBytes16 + Plan::weightChunk(row, step * 2 + lane / 8 % 2));
            second[n][0] = four[0];
            second[n][1] = four[1];
            second[n + 1][0] = four[2];
            second[n + 1][1] = four[3];
        }
    }
    __device__ void operand(int m, unsigned (&to)[4]) const
    {
#pragma unroll
        for (int i = 0; i < 4; ++i)
            to[i] = first[m][i];
    }
};

/// The same for weights in codes. A lane has four neighbouring columns instead of twice two: so are the bytes of a row
/// of codes that ldmatrix gives it, and the order of columns does not matter to a sum as long as both sides have it.
template <class Plan>
struct CodeFragments {
    unsigned codes[4]; ///< of rows 8i + lane / 4
    unsigned second[Plan::secondTiles][2];

    __device__ void load(const std::byte *stage, int step)
    {
        const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
        for (int n = 0; n < Plan::secondTiles; ++n) {
            const int row = warpToken<Plan>() + n * 8 + lane / 4;
            const uint2 four = *reinterpret_cast<const uint2 *>(
                stage + row * rowBytes16 + Plan::inputChunk(row, step * 2 + lane % 4 / 2) + lane % 2 * 8);
            second[n][0] = four.x;
            second[n][1] = four.y;
        }
        const int row = warpRow<Plan>() + lane;
        loadMatrices(codes, stage + Plan::inputBytes + row * Plan::weightRowBytes + Plan::weightChunk(row, step));
    }
    __device__ void operand(int m, unsigned (&to)[4]) const
    {
        unsigned upper[2];
        unsigned lower[2];
        codesToBf16(codes[2 * m], upper);
        codesToBf16(codes[2 * m + 1], lower);
        to[0] = upper[0];
        to[1] = lower[0];
        to[2] = upper[1];
        to[3] = lower[1];
    }
};

template <class Plan>
using FragmentsOf = std::conditional_t<Plan::feed == Feed::Codes, CodeFragments<Plan>, TileFragments<Plan>>;

/// `begin`: the sums are 0 before.
template <class Plan, bool begin>
__device__ inline void multiplyFragments(const FragmentsOf<Plan> &fragments, typename Plan::Totals &sums)
{
#pragma unroll
    for (int m = 0; m < Plan::firstTiles; ++m) {
        unsigned operand[4];
        fragments.operand(m, operand);
#pragma unroll
        for (int n = 0; n < Plan::secondTiles; ++n) {
            if constexpr (begin)
                mmaBf16First(sums[m][n], operand, fragments.second[n]);
            else
                mmaBf16(sums[m][n], operand, fragments.second[n]);
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
    template <bool begin>
    __device__ void multiply(const FragmentsOf<Plan> &fragments, typename Plan::Totals &)
    {
        multiplyFragments<Plan, begin>(fragments, m_sums);
    }
    /// After a stage; `next`: the one that follows, or the same again if there is none.
    __device__ void add(int next, typename Plan::Totals &totals)
    {
#pragma unroll
        for (int m = 0; m < Plan::firstTiles; ++m) {
#pragma unroll
            for (int n = 0; n < Plan::secondTiles; ++n) {
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    totals[m][n][i] = fmaf(m_sums[m][n][i], m_scale[m], totals[m][n][i]);
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
    template <bool begin>
    __device__ void multiply(const FragmentsOf<Plan> &fragments, typename Plan::Totals &totals)
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
    FragmentsOf<Plan> fragments[2];
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

/// What a lane has of the result, as pairs of neighbouring rows of its tokens.
template <class Plan>
class TileResult {
public:
    static constexpr int tokens = Plan::rowsFirst ? Plan::secondTiles : Plan::firstTiles * 2;
    static constexpr int pairs = Plan::rowsFirst ? Plan::firstTiles * 2 : Plan::secondTiles;
    static constexpr int pairsOfPart = pairs / Plan::parts; ///< first those of gate, then of the same rows of up

    /// Where rows are on the M side, a lane has two tokens of a row: it changes one of them with the lane of the next
    /// row.
    __device__ explicit TileResult(typename Plan::Totals &totals) : m_totals(totals)
    {
        if constexpr (Plan::rowsFirst) {
            const bool odd = static_cast<int>(threadIdx.x) / 4 % 2 == 1;
#pragma unroll
            for (int m = 0; m < Plan::firstTiles; ++m) {
#pragma unroll
                for (int n = 0; n < Plan::secondTiles; ++n) {
#pragma unroll
                    for (int i = 0; i < 4; i += 2) {
                        float(&two)[4] = totals[m][n];
                        const float given = __shfl_xor_sync(wholeWarp, odd ? two[i] : two[i + 1], 4);
                        two[i] = odd ? given : two[i];
                        two[i + 1] = odd ? two[i + 1] : given;
                    }
                }
            }
        }
    }
    /// In the tile.
    __device__ int token(int index) const
    {
        const int lane = static_cast<int>(threadIdx.x) % 32;
        const int inWarp = Plan::rowsFirst ? index * 8 + lane % 4 * 2 + lane / 4 % 2 : index * 8 + lane / 4;
        return warpToken<Plan>() + inWarp;
    }
    /// Counted from the first row of a part.
    __device__ int row(int pair) const
    {
        const int lane = static_cast<int>(threadIdx.x) % 32;
        return Plan::rowOf(warpRow<Plan>()) + pair * 8 + (Plan::rowsFirst ? lane / 8 * 2 : lane % 4 * 2);
    }
    __device__ float2 at(int index, int pair) const
    {
        const float(&two)[4] = Plan::rowsFirst ? m_totals[pair / 2][index] : m_totals[index / 2][pair];
        const int half = Plan::rowsFirst ? pair % 2 : index % 2;
        return {two[2 * half], two[2 * half + 1]};
    }

private:
    typename Plan::Totals &m_totals;
};

} // namespace engine::backend::cuda
