// Absorbed attention on tensor cores to a cache in FP8 (memory::Fp8Latents), 512 latent and 64 rotary numbers: 656
// bytes a position. As mla_decode.cu, but that
//
//  - what lies in shared memory stays E4M3. It is converted in the registers of the one warp that multiplies with it,
//    once as a key and once as a value: one instruction for two numbers, where numbers of 16 bits in shared memory
//    would have to be written there and read twice at twice the size, and shared memory is what there is least of;
//  - E4M3 becomes F16, which takes one instruction and is exact, where BF16 would take five. Queries and softmax
//    weights are F16 as well, with three bits more than in BF16, brought into its range by powers of two;
//  - scales stay out of the numbers: those of keys multiply the sums of 128 columns, those of values the weights, which
//    there are four of, one for each 128 columns. Sums are F32.
//
// A block takes 16 or 32 (token, head) pairs and walks over its positions in tiles of 64 (16 warps) or 32 (8 warps):
//
//   scores   warp w: positions 16 · (w / 4) …, columns 128 · (w % 4) … of the latent and a quarter of the rotary key
//   weights  warps · 2 / mTiles threads a row: sum of the four, running maximum, weights times the scales of values
//   values   warp w: columns 512 / warps · w …, transposed on the way from shared memory
//
// Which number of a tile stands where in an operand is chosen so that a register of four codes is used whole: step s of
// a key's 16 columns has columns 4p … 4p + 3 in the lanes p; the operands of values have the even and the odd columns.

#include "engine/backend/cuda/detail/e4m3.cuh"
#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/mla.cuh"
#include "engine/backend/cuda/detail/mla_fp8_scores.cuh"
#include "engine/backend/cuda/detail/mla_fp8_softmax.cuh"
#include "engine/backend/cuda/detail/mla_fp8_tile.cuh"
#include "engine/backend/cuda/detail/mla_fp8_values.cuh"

namespace engine::backend::cuda {

using namespace decode_fp8;

namespace {

/// Leaves in memory.factor what the sums of each row are to be multiplied with.
template <class P>
__device__ inline void finishSoftmax(const MlaCall &call, const RunningSoftmax<P> &softmax, typename P::Memory &memory)
{
    const int inBlock = RunningSoftmax<P>::row();
    const int row = firstRow<P>() + inBlock;
    const float sum = softmax.total();
    if (RunningSoftmax<P>::place() != 0)
        return;
    memory.factor[inBlock] = call.output.splits == 1 ? 1.0F / sum : 1.0F;
    if (row < call.tokens * call.heads)
        call.output.putStats(row / call.heads, row % call.heads, static_cast<int>(blockIdx.y), softmax.largest, sum);
}

/// The place of the tile after the one at `tile`.
template <class P>
__device__ inline std::byte *after(std::byte *tiles, std::byte *tile)
{
    return tile == tiles + (P::stages - 1) * P::tileBytes ? tiles : tile + P::tileBytes;
}

/// Grid [(token, head) pairs / P::rows, splits]: blocks with the same positions start together, so that all but the
/// first find them in the L2 cache.
template <class P>
__global__ void __launch_bounds__(P::threads, 1) decodeFp8Kernel(MlaCall call)
{
    waitForEarlier();
    std::byte *tiles = dynamicShared();
    auto &memory = *reinterpret_cast<typename P::Memory *>(tiles + P::stages * P::tileBytes);
    const Share share = shareOf<P>(call);
    for (int i = 0; i < P::stages - 1; ++i) {
        if (const std::byte *page = pageOf<P>(call, share, i); page != nullptr)
            copyTile<P>(call, page, share.firstTile + i, share.end, tiles + i * P::tileBytes);
        asyncCommit();
    }
    const std::byte *nextPage =
        pageOf<P>(call, share, P::stages - 1); // asked for a tile ahead: an address is slow, too
    Queries<P> query;
    if (threadIdx.x == 0)
        memory.largestScale = WeightRange::least;
    query.load(call, memory);
    const int rowEnd = endOf(call, firstRow<P>() + RunningSoftmax<P>::row());
    const float scale = call.scale * QueryRange::back(Queries<P>::exponentIn(memory, RunningSoftmax<P>::row()));
    RunningSoftmax<P> softmax;
    ScaleRange range;
    ValueSums<P> values;
    std::byte *tile = tiles;
    std::byte *aheadTile = tiles + (P::stages - 1) * P::tileBytes;
    for (int i = 0; i < share.tiles; ++i) {
        asyncWait<P::stages - 2>();
        __syncthreads(); // the tile is there, and nobody uses the one before any more
        const int ahead = i + P::stages - 1;
        if (nextPage != nullptr)
            copyTile<P>(call, nextPage, share.firstTile + ahead, share.end, aheadTile);
        asyncCommit();
        nextPage = pageOf<P>(call, share, ahead + 1);
        KeySums<P>().multiply(query, tile, memory);
        __syncthreads();
        range.see(memory.largestScale);
        softmax.see(memory, tile, range, (share.firstTile + i) * P::positions, rowEnd, scale);
        __syncthreads();
        values.scaleRows(memory.factor, range.change);
        values.add(memory, tile);
        aheadTile = tile; // the next one's place is free after its barrier
        tile = after<P>(tiles, tile);
    }
    __syncthreads();
    finishSoftmax<P>(call, softmax, memory);
    __syncthreads();
    values.scaleRows(memory.factor, range.back());
    values.write(call);
}

template <class P>
void start(Queue &queue, MlaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    const int rows = call.tokens * call.heads;
    const unsigned blocks = blocksFor(rows, P::rows);
    call.output.splits = splitsFor(
        {.blocks = static_cast<int>(blocks), .rows = rows, .positions = positions, .wanted = device.units}, scratch);
    launchShared(queue, decodeFp8Kernel<P>, dim3(blocks, static_cast<unsigned>(call.output.splits)), dim3(P::threads),
                 P::sharedBytes, call);
    combine(queue, call.output, call.tokens);
}

using Wide = Plan<1, 64, 3>;     ///< 16 warps: four for each scheduler hide what the barriers cost
using Narrow = Plan<1, 32, 3>;   ///< where a block has less shared memory
using ManyRows = Plan<2, 32, 3>; ///< half the conversions for each row

} // namespace

bool canDecodeFp8(const MlaArgs &args)
{
    const LatentCache &cache = args.cache;
    return cache.dtype == memory::DType::F8_E4M3 && cache.latentWidth == latentWidth && cache.ropeWidth == ropeWidth &&
           cache.width == rowWidth && cache.pageTokens == pageTokens && cache.layerOffset % 16 == 0;
}

void mlaDecodeFp8(Queue &queue, MlaCall call, int positions, const DeviceLimits &device, AttentionScratch &scratch)
{
    if (call.tokens * call.heads > 16)
        start<ManyRows>(queue, call, positions, device, scratch);
    else if (device.sharedBytes >= Wide::sharedBytes)
        start<Wide>(queue, call, positions, device, scratch);
    else
        start<Narrow>(queue, call, positions, device, scratch);
}

} // namespace engine::backend::cuda
