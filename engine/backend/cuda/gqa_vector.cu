// Grouped-query attention of one or two queries a key-value head (decoding with as many key-value heads as query
// heads) with heads of 64 or 128 numbers, BF16 in the cache: all it does is read, so the ordinary cores do it, in F32.
// A lane holds 8 numbers of a row; 16 or 8 lanes have a row, and each such group its own running softmax over every
// second or fourth position of its warp. Four keys and four values are under way in a lane.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/gqa.cuh"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/warp.cuh"
#include "engine/backend/cuda/detail/weights.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int warps = 8;
constexpr int threads = warps * warpSize32;
constexpr int each = 4;     ///< rows of a lane at a time
constexpr int laneCols = 8; ///< numbers of 16 bytes

template <int width>
struct Layout {
    static constexpr int lanes = width / laneCols; ///< that have a row
    static constexpr int groups = warpSize32 / lanes;
    static constexpr int run = groups * each; ///< positions of a warp at a time
    static constexpr int slots = warps * groups;
};

template <int width, int rows>
struct Memory {
    float values[Layout<width>::slots][rows][width];
    float largest[Layout<width>::slots][rows];
    float sum[Layout<width>::slots][rows];
};

/// What a group of lanes has seen for one row.
template <int width>
struct GroupAttention {
    float query[laneCols];
    float values[laneCols] = {};
    float largest = -FLT_MAX;
    float sum = 0.0F;

    __device__ void load(const float *row, float scale)
    {
#pragma unroll
        for (int i = 0; i < laneCols; ++i)
            query[i] = row[static_cast<int>(threadIdx.x) % Layout<width>::lanes * laneCols + i] * scale;
    }

    /// `position`: that of keys[0]; the following ones are `groups` apart.
    __device__ void see(const uint4 (&keys)[each], const uint4 (&rows)[each], int position, int end)
    {
        float scores[each];
        float top = largest;
#pragma unroll
        for (int u = 0; u < each; ++u) {
            float key[laneCols];
            FormatBF16::decode(keys[u], key);
            float score = 0.0F;
#pragma unroll
            for (int i = 0; i < laneCols; ++i)
                score = fmaf(query[i], key[i], score);
#pragma unroll
            for (int offset = Layout<width>::lanes / 2; offset > 0; offset /= 2)
                score += __shfl_xor_sync(wholeWarp, score, offset);
            scores[u] = position + u * Layout<width>::groups < end ? score : -INFINITY;
            top = fmaxf(top, scores[u]);
        }
        const float factor = powerOfTwo(largest - top);
        largest = top;
        sum *= factor;
#pragma unroll
        for (int i = 0; i < laneCols; ++i)
            values[i] *= factor;
#pragma unroll
        for (int u = 0; u < each; ++u) {
            float value[laneCols];
            FormatBF16::decode(rows[u], value);
            const float weight = powerOfTwo(scores[u] - top);
            sum += weight;
#pragma unroll
            for (int i = 0; i < laneCols; ++i)
                values[i] = fmaf(weight, value[i], values[i]);
        }
    }
};

/// Puts the groups of the block together, in their order.
template <int width, int rows>
__device__ inline void mergeGroups(const GqaCall &call, int kvHead, int split,
                                   const GroupAttention<width> (&states)[rows], Memory<width, rows> &memory)
{
    using L = Layout<width>;
    const int slot = static_cast<int>(threadIdx.x) / L::lanes;
    const int place = static_cast<int>(threadIdx.x) % L::lanes;
#pragma unroll
    for (int r = 0; r < rows; ++r) {
#pragma unroll
        for (int i = 0; i < laneCols; i += 4)
            *reinterpret_cast<float4 *>(&memory.values[slot][r][place * laneCols + i]) = {
                states[r].values[i], states[r].values[i + 1], states[r].values[i + 2], states[r].values[i + 3]};
        if (place == 0) {
            memory.largest[slot][r] = states[r].largest;
            memory.sum[slot][r] = states[r].sum;
        }
    }
    __syncthreads();
    for (int index = static_cast<int>(threadIdx.x); index < rows * width; index += threads) {
        const int row = index / width;
        float top = -FLT_MAX;
        for (int s = 0; s < L::slots; ++s)
            top = fmaxf(top, memory.largest[s][row]);
        float value = 0.0F;
        float sum = 0.0F;
        for (int s = 0; s < L::slots; ++s) {
            const float factor = powerOfTwo(memory.largest[s][row] - top);
            value = fmaf(memory.values[s][row][index % width], factor, value);
            sum = fmaf(memory.sum[s][row], factor, sum);
        }
        call.output.put(call.tokenOf(row), call.headOf(kvHead, row), split, index % width, value, top, sum);
    }
}

/// Grid [key-value heads, splits]; the call has `rows` rows.
template <int width, int rows>
__global__ void __launch_bounds__(threads, rows == 1 ? 3 : 2) vectorKernel(GqaCall call)
{
    waitForEarlier();
    using L = Layout<width>;
    alignas(16) __shared__ Memory<width, rows> memory;
    const int kvHead = static_cast<int>(blockIdx.x);
    const int split = static_cast<int>(blockIdx.y);
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    GroupAttention<width> states[rows];
    int rowEnd[rows];
#pragma unroll
    for (int r = 0; r < rows; ++r) {
        states[r].load(call.queryOf(kvHead, r), call.scale);
        rowEnd[r] = call.endOf(r);
    }
    const int end = rowEnd[rows - 1];
    const int runs = (end + L::run * warps - 1) / (L::run * warps);
    const int lastRun = runs * (split + 1) / call.output.splits;
    int first = (runs * split / call.output.splits * warps + warp) * L::run;
    const int last = min(end, lastRun * warps * L::run);
    const auto pageOf = [&](int position) {
        return position < last ? call.cache.pages.pages[position / call.cache.pages.pageTokens] : nullptr;
    };
    for (const std::byte *page = pageOf(first); page != nullptr;) {
        const std::byte *from = keysAt(call.cache, page, kvHead, first) + lane * 16;
        const int position = first + lane / L::lanes;
        uint4 keys[each];
        uint4 values[each];
#pragma unroll
        for (int u = 0; u < each; ++u)
            keys[u] =
                position + u * L::groups < end ? __ldcg(reinterpret_cast<const uint4 *>(from + u * 512)) : uint4{};
        from += valueOffset<width>(call.cache);
#pragma unroll
        for (int u = 0; u < each; ++u)
            values[u] =
                position + u * L::groups < end ? __ldcg(reinterpret_cast<const uint4 *>(from + u * 512)) : uint4{};
        first += L::run * warps;
        page = pageOf(first); // asked for before it is needed: an address is slow, too
#pragma unroll
        for (int r = 0; r < rows; ++r)
            states[r].see(keys, values, position, rowEnd[r]);
    }
    mergeGroups<width, rows>(call, kvHead, split, states, memory);
}

template <int width>
void start(Queue &queue, const GqaCall &call)
{
    const dim3 grid(static_cast<unsigned>(call.kvHeads), static_cast<unsigned>(call.output.splits));
    if (call.tokens * call.group == 1)
        launch(queue, vectorKernel<width, 1>, grid, dim3(threads), call);
    else
        launch(queue, vectorKernel<width, 2>, grid, dim3(threads), call);
}

} // namespace

void gqaVector(Queue &queue, GqaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    call.output.splits = splitsFor({.blocks = call.kvHeads,
                                    .rows = call.tokens * call.output.heads,
                                    .positions = positions,
                                    .wanted = 3 * device.units},
                                   scratch);
    if (call.cache.headWidth == 128)
        start<128>(queue, call);
    else
        start<64>(queue, call);
    combine(queue, call.output, call.tokens);
}

} // namespace engine::backend::cuda
