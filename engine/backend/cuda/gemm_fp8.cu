// FP8 x FP8 for many tokens, on compute capability 9.0: the blocks stay and take tile after tile (persistent). A tile
// is up to 256 tokens times 128 rows of a weight. One thread of a block has the operands copied into a ring of stages,
// 128 columns each; two warpgroups multiply, the first and third 64 tokens of a tile, the second and fourth. While
// the sums of one are scaled and added up, the tensor cores work for the other: they take turns.
//
// With pairs, two blocks of a cluster work on the same tokens and neighbouring rows of the weight: each has one half of
// the tokens' operands copied to both, so that less has to come out of the L2 cache.

#include "engine/backend/cuda/detail/gemm_fp8.h"

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/gemm_fp8.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

using namespace fp8;

/// Blocks stay for all tiles; pair of them: in clusters of two. Empty in code for other devices.
template <int pair>
__global__ void __launch_bounds__(blockThreads, 1) gemmFp8Kernel(const __grid_constant__ Call call)
{
    waitForEarlier();
#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
    const unsigned start = sharedAddress(dynamicShared());
    const unsigned base = (start + swizzleAlignment - 1) / swizzleAlignment * swizzleAlignment;
    std::byte *memory = dynamicShared() + (base - start);
    auto &segments = *reinterpret_cast<Segments *>(memory + segmentsAt);
    if (threadIdx.x == consumerThreads)
        makeBarriers(base, pair);
    if (threadIdx.x < warpSize32)
        findSegments(call, segments);
    __syncthreads();
    if constexpr (pair > 1)
        syncCluster();
    if (threadIdx.x >= consumerThreads) {
        giveRegisters<copierRegisters>();
        if (threadIdx.x == consumerThreads)
            copyTiles<pair>(call, segments, base);
    } else {
        takeRegisters<consumerRegisters>();
        multiplyTiles<pair>(call, segments, memory, base);
    }
    if constexpr (pair > 1) {
        __syncwarp();
        syncCluster(); // the other block may still write to this one's memory
    }
#endif
}

int divideUp(int count, int size)
{
    return (count + size - 1) / size;
}

/// Clocks of a multiprocessor for 128 columns of a tile, as far as can be told without measuring: 256 of the tensor
/// cores for a chunk, and scaling its sums where no other chunk hides that; what comes out of the L2 cache at 32 bytes
/// a clock.
int clocksPerStep(int tileTokens, bool pairs)
{
    constexpr int tensorClocks = 256;
    constexpr int promotionClocks = 144;
    constexpr int bytesPerClock = 32;
    const int used = divideUp(tileTokens, chunkTokens);
    const int computed = used * tensorClocks + (used == 1 ? promotionClocks : 0);
    const int x = static_cast<int>(chunkBytes) * used / (pairs ? 2 : 1);
    return std::max(computed, (x + static_cast<int>(weightBytes + scaleBytes)) / bytesPerClock);
}

bool isAligned(const void *at, std::size_t alignment)
{
    return reinterpret_cast<std::uintptr_t>(at) % alignment == 0;
}

bool fits(const QuantisedRows &x, int rows, int cols, const Rows &out)
{
    return x.width == cols && out.width == rows && isAligned(x.values, tensorAlignment) &&
           isAligned(x.scales, tensorAlignment) && x.scaleStride % 4 == 0 && x.scaleStride >= x.rows &&
           isAligned(out.data, sizeof(float4)) && out.stride % 4 == 0;
}

cudaError_t encodeWeight(const Fp8Device &device, const Matrix &weight, Fp8Weight &to)
{
    to.scale = static_cast<const float *>(weight.scale);
    return device.encoder.encode(to.map, {weight.data, CU_TENSOR_MAP_DATA_TYPE_UINT8, weight.rows, weight.cols,
                                          static_cast<std::size_t>(weight.cols), weightRows, depth, true});
}

/// What dense and grouped products have in common.
Call callFor(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Rows &out, const Fp8Plan &plan)
{
    Call call{};
    queue.note(device.encoder.encode(call.x, {x.values, CU_TENSOR_MAP_DATA_TYPE_UINT8, x.rows, x.width,
                                              static_cast<std::size_t>(x.width), chunkTokens, depth, true}));
    queue.note(device.encoder.encode(call.scales, {x.scales, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, x.width / depth, x.rows,
                                                   static_cast<std::size_t>(x.scaleStride) * sizeof(float), 1,
                                                   maxTileTokens, false}));
    call.expertCount = 1;
    call.tokens = x.rows;
    call.rows = out.width;
    call.steps = x.width / depth;
    call.tileTokens = plan.tileTokens;
    call.out = viewOf(out);
    return call;
}

/// `tiles`: of tokens, at most.
void start(Queue &queue, const Fp8Device &device, const Call &call, const Fp8Plan &plan, int tiles)
{
    const int pair = plan.pairs ? 2 : 1;
    const int most = tiles * divideUp(call.rows, pair * weightRows);
    const dim3 grid(static_cast<unsigned>(std::min(device.units / pair, most) * pair));
    if (plan.pairs)
        launchClusters(queue, gemmFp8Kernel<2>, grid, dim3(blockThreads), 2, sharedBytes, call);
    else
        launchShared(queue, gemmFp8Kernel<1>, grid, dim3(blockThreads), sharedBytes, call);
}

} // namespace

Fp8Device findFp8Device(int device)
{
    Fp8Device found;
    int major = 0;
    int minor = 0;
    int shared = 0;
    if (cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&found.units, cudaDevAttrMultiProcessorCount, device) != cudaSuccess)
        return {};
    found.encoder = TensorMapEncoder::find();
    found.usable = major == 9 && minor == 0 && static_cast<std::size_t>(shared) >= sharedBytes && found.units >= 2 &&
                   found.encoder.isFound();
    return found;
}

Fp8Plan planFp8(const Fp8Device &device, int rows, int tokens, int experts)
{
    Fp8Plan best;
    long long least = 0;
    const int share = divideUp(tokens, experts);
    for (const bool pairs : {true, false}) {
        for (const int tileTokens : {maxTileTokens, 2 * chunkTokens, chunkTokens}) {
            const int pair = pairs ? 2 : 1;
            const int tiles = experts * divideUp(share, tileTokens) * divideUp(rows, pair * weightRows);
            const long long rounds = divideUp(tiles, device.units / pair);
            const long long clocks = rounds * clocksPerStep(std::min(tileTokens, share), pairs);
            if (least == 0 || clocks < least) {
                least = clocks;
                best = {tileTokens, pairs};
            }
        }
    }
    return best;
}

bool canMultiplyFp8(const Fp8Device &device, const Matrix &weight)
{
    return device.usable && weight.dtype == memory::DType::F8_E4M3 && weight.scale != nullptr &&
           isAligned(weight.scale, sizeof(float)) && weight.blockRows == weightRows && weight.blockCols == depth &&
           weight.cols % depth == 0 && weight.rows % 8 == 0 && isAligned(weight.data, tensorAlignment) &&
           weight.bias.size == 0;
}

bool canMultiplyFp8(const Fp8Device &device, const QuantisedRows &x, const Matrix &weight, const Rows &out)
{
    return canMultiplyFp8(device, weight) && fits(x, weight.rows, weight.cols, out);
}

void multiplyFp8(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Matrix &weight, const Rows &out,
                 bool accumulate)
{
    multiplyFp8(queue, device, x, weight, out, accumulate, planFp8(device, weight.rows, x.rows, 1));
}

void multiplyFp8(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Matrix &weight, const Rows &out,
                 bool accumulate, const Fp8Plan &plan)
{
    if (x.rows == 0)
        return;
    Call call = callFor(queue, device, x, out, plan);
    queue.note(encodeWeight(device, weight, call.weight));
    call.accumulate = accumulate;
    start(queue, device, call, plan, divideUp(x.rows, plan.tileTokens));
}

Fp8Experts prepareFp8Experts(const Fp8Device &device, std::span<const Matrix> weights, memory::MemorySpace &memory)
{
    Fp8Experts experts;
    for (const Matrix &weight : weights) {
        Fp8Weight encoded;
        if (weights.size() > maxExperts || weight.rows != weights.front().rows || weight.cols != weights.front().cols ||
            !canMultiplyFp8(device, weight) || encodeWeight(device, weight, encoded) != cudaSuccess)
            return {};
        experts.host.push_back(encoded);
    }
    if (weights.empty())
        return experts;
    const std::size_t bytes = experts.host.size() * sizeof(Fp8Weight);
    experts.table = memory.allocate(bytes);
    memory.upload(experts.table.data(), experts.host.data(), bytes);
    experts.experts = static_cast<int>(weights.size());
    experts.rows = weights.front().rows;
    experts.cols = weights.front().cols;
    return experts;
}

bool canMultiplyFp8(const QuantisedRows &x, const Fp8Experts &weights, const Rows &out)
{
    return weights.experts > 0 && fits(x, weights.rows, weights.cols, out);
}

void multiplyFp8Grouped(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Fp8Experts &weights,
                        const std::int32_t *offsets, const Rows &out)
{
    multiplyFp8Grouped(queue, device, x, weights, offsets, out, planFp8(device, weights.rows, x.rows, weights.experts));
}

void multiplyFp8Grouped(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Fp8Experts &weights,
                        const std::int32_t *offsets, const Rows &out, const Fp8Plan &plan)
{
    if (x.rows == 0)
        return;
    Call call = callFor(queue, device, x, out, plan);
    call.experts = reinterpret_cast<const Fp8Weight *>(weights.table.data());
    call.offsets = offsets;
    call.expertCount = weights.experts;
    // Every expert may have one tile that is not full.
    start(queue, device, call, plan, x.rows / plan.tileTokens + std::min(weights.experts, x.rows));
}

} // namespace engine::backend::cuda
