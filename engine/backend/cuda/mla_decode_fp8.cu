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
#include "engine/backend/cuda/detail/matrix_load.cuh"
#include "engine/backend/cuda/detail/mla.cuh"
#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/warp.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int latentWidth = 512;
constexpr int ropeWidth = 64;
constexpr int rowWidth = latentWidth + ropeWidth;
constexpr int pageTokens = 64; ///< known, so that no tile's address takes a division
constexpr int ropeBytes = 2 * ropeWidth;
constexpr int groups = 4;
constexpr int groupWidth = latentWidth / groups;
constexpr int groupSteps = groupWidth / 16; ///< mma steps
constexpr int scaleBytes = groups * static_cast<int>(sizeof(float));
constexpr unsigned exponentBits = 0x7F800000U;
constexpr int mantissaWidth = 23;
constexpr unsigned one = 127U << mantissaWidth;

/// `mTiles` · 16 rows, tiles of `positions`, `stages` of them in shared memory.
template <int mTilesValue, int positionsValue, int stagesValue>
struct Plan {
    static constexpr int mTiles = mTilesValue;
    static constexpr int rows = 16 * mTiles;
    static constexpr int positions = positionsValue;
    static constexpr int stages = stagesValue;
    static constexpr int sixteens = positions / 16;
    static constexpr int warps = groups * sixteens;
    static constexpr int threads = warps * warpSize32;
    static constexpr int warpCols = latentWidth / warps; ///< in values
    static constexpr int pitch = positions + 8;          ///< of scores and weights; keeps rows off each other's banks
    // A tile: codes [positions, 512], rotary keys [positions, 64], both swizzled, scales [positions, 4].
    static constexpr int ropeAt = positions * latentWidth;
    static constexpr int scalesAt = ropeAt + positions * ropeBytes;
    static constexpr int tileBytes = scalesAt + positions * scaleBytes;

    struct Memory {
        float scores[groups][rows * pitch];
        std::uint16_t weights[groups][rows * pitch];
        float factor[rows]; ///< what the sums so far are multiplied with; at the end 1 / sum of weights
        unsigned queryExponent[groups][rows]; ///< of the largest number
        unsigned largestScale;                ///< so far, exponent bits
    };
    static constexpr std::size_t sharedBytes = static_cast<std::size_t>(stages) * tileBytes + sizeof(Memory);
};

/// Which tiles a block works on.
struct Share {
    int firstTile;
    int tiles;
    int end; ///< position after the last one that any row of the block sees
};

template <class P>
__device__ inline int firstRow()
{
    return static_cast<int>(blockIdx.x) * P::rows;
}

/// Position after the last one that row `row` sees; rows past the end count as the last.
__device__ inline int endOf(const MlaCall &call, int row)
{
    return call.cache.pages.start() + min(row / call.heads, call.tokens - 1) + 1;
}

template <class P>
__device__ inline Share shareOf(const MlaCall &call)
{
    const int split = static_cast<int>(blockIdx.y);
    const int end = endOf(call, firstRow<P>() + P::rows - 1);
    const int tiles = (end + P::positions - 1) / P::positions;
    const int first = tiles * split / call.output.splits;
    return {first, tiles * (split + 1) / call.output.splits - first, end};
}

template <class P>
__device__ inline const std::byte *pageOf(const MlaCall &call, const Share &share, int index)
{
    if (index >= share.tiles)
        return nullptr;
    return call.cache.pages.pages[static_cast<unsigned>((share.firstTile + index) * P::positions) / pageTokens];
}

/// Starts the copy of a tile, whose page is `page`; positions nobody sees become zeros, scales included. Eight threads
/// have a row.
template <class P>
__device__ inline void copyTile(const MlaCall &call, const std::byte *page, int tile, int end, std::byte *to)
{
    const int row = static_cast<int>(threadIdx.x) / 8;
    const int chunk = static_cast<int>(threadIdx.x) % 8;
    const int place = tile * P::positions & (pageTokens - 1);
    const bool present = tile * P::positions + row < end;
    const std::byte *layer = page + call.cache.pages.layerOffset;
    const std::byte *codes = layer + (place + row) * latentWidth + chunk * 16;
    std::byte *at = to + row * latentWidth + swizzled(row, chunk);
#pragma unroll
    for (int i = 0; i < latentWidth / 128; ++i)
        asyncCopy16(at + i * 128, codes + i * 128, present);
    asyncCopy16(to + P::ropeAt + row * ropeBytes + swizzled(row, chunk),
                layer + call.cache.ropePlane + (place + row) * ropeBytes + chunk * 16, present);
    const int position = static_cast<int>(threadIdx.x);
    if (position < P::positions)
        asyncCopy16(to + P::scalesAt + position * scaleBytes,
                    layer + call.cache.scalePlane + (place + position) * scaleBytes,
                    tile * P::positions + position < end);
}

/// A power of two near a number of these exponent bits, and its inverse times 2^`up`; numbers below 2^(up - 126) count
/// as that.
template <int up>
struct PowerOfTwo {
    static constexpr unsigned least = (1U + up) << mantissaWidth;

    /// To bring a number of at most this exponent below 2^(up + 1).
    __device__ static float down(unsigned exponent)
    {
        return __uint_as_float((254U << mantissaWidth) + (static_cast<unsigned>(up) << mantissaWidth) - exponent);
    }
    __device__ static float back(unsigned exponent)
    {
        return __uint_as_float(exponent - (static_cast<unsigned>(up) << mantissaWidth));
    }
};

using QueryRange = PowerOfTwo<10>;
using WeightRange = PowerOfTwo<12>;

/// 2^x; results below the normal numbers are 0.
__device__ inline float power2(float x)
{
#ifdef __CUDACC__
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
#else
    return exp2f(x);
#endif
}

/// What this warp multiplies keys with, as A fragments: times a power of two, the same in all of a row.
template <class P>
struct Queries {
    unsigned latent[P::mTiles][groupSteps][4]; ///< F16
    unsigned rotary[P::mTiles][4];             ///< BF16

    /// Contains a barrier.
    __device__ void load(const MlaCall &call, typename P::Memory &memory)
    {
        const int group = static_cast<int>(threadIdx.x) / warpSize32 % groups;
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int inBlock = m * 16 + half * 8 + lane / 4;
                const unsigned exponent = exponentOf(rowOf(call, inBlock) + group * groupWidth);
                if (lane % 4 == 0) // by all warps of the group, which have the same
                    memory.queryExponent[group][inBlock] = exponent;
            }
        }
        __syncthreads();
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half)
                load(call, memory, m, half);
        }
    }

    /// Of the largest number of a row of the block.
    __device__ static unsigned exponentIn(const typename P::Memory &memory, int inBlock)
    {
        unsigned exponent = memory.queryExponent[0][inBlock];
#pragma unroll
        for (int group = 1; group < groups; ++group)
            exponent = max(exponent, memory.queryExponent[group][inBlock]);
        return exponent;
    }

private:
    __device__ static bool isThere(const MlaCall &call, int inBlock)
    {
        return firstRow<P>() + inBlock < call.tokens * call.heads;
    }
    __device__ static const float *rowOf(const MlaCall &call, int inBlock)
    {
        const int row = isThere(call, inBlock) ? firstRow<P>() + inBlock : 0;
        return call.queries + static_cast<std::size_t>(row) * rowWidth;
    }

    /// The four lanes of a row look at 128 numbers.
    __device__ static unsigned exponentOf(const float *numbers)
    {
        float largest = 0.0F;
#pragma unroll
        for (int step = 0; step < groupSteps; ++step) {
            const float4 n = reinterpret_cast<const float4 *>(numbers + step * 16)[threadIdx.x % 4];
            largest = fmaxf(largest, fmaxf(fmaxf(fabsf(n.x), fabsf(n.y)), fmaxf(fabsf(n.z), fabsf(n.w))));
        }
        unsigned exponent = max(QueryRange::least, __float_as_uint(largest) & exponentBits);
        exponent = max(exponent, __shfl_xor_sync(wholeWarp, exponent, 1));
        return max(exponent, __shfl_xor_sync(wholeWarp, exponent, 2));
    }

    __device__ void load(const MlaCall &call, const typename P::Memory &memory, int m, int half)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int group = static_cast<int>(threadIdx.x) / warpSize32 % groups;
        const int inBlock = m * 16 + half * 8 + lane / 4;
        const float *row = rowOf(call, inBlock);
        const float factor = isThere(call, inBlock) ? QueryRange::down(exponentIn(memory, inBlock)) : 0.0F;
#pragma unroll
        for (int step = 0; step < groupSteps; ++step) {
            const float4 n = reinterpret_cast<const float4 *>(row + group * groupWidth + step * 16)[lane % 4];
            latent[m][step][half] = packF16(n.x * factor, n.y * factor);
            latent[m][step][half + 2] = packF16(n.z * factor, n.w * factor);
        }
#pragma unroll
        for (int part = 0; part < 2; ++part) {
            const float2 n = reinterpret_cast<const float2 *>(row + latentWidth + group * 16 + part * 8)[lane % 4];
            rotary[m][half + 2 * part] = packBf16(n.x * factor, n.y * factor);
        }
    }
};

/// Partial scores of 16 positions.
template <class P>
struct KeySums {
    static constexpr int chains = P::mTiles == 1 ? 2 : 1; ///< sums that do not wait for each other
    float sums[P::mTiles][2][chains][4];

    __device__ void multiply(const Queries<P> &query, const std::byte *tile, typename P::Memory &memory)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const int group = warp % groups;
        const int first = warp / groups * 16;
#pragma unroll
        for (int n = 0; n < 2; ++n)
            multiplyCodes(query, tile, first + n * 8 + lane % 8, group * groupWidth / 16 + lane / 8, n);
        unsigned exponent = 0;
#pragma unroll
        for (int n = 0; n < 2; ++n) {
            const auto *scales =
                reinterpret_cast<const float *>(tile + P::scalesAt) + (first + n * 8 + lane % 4 * 2) * groups + group;
            const float scale[2] = {scales[0], scales[groups]};
            exponent = max(exponent, max(__float_as_uint(scale[0]), __float_as_uint(scale[1])) & exponentBits);
            scaleSums(scale, n);
        }
        exponent = max(exponent, __shfl_xor_sync(wholeWarp, exponent, 1));
        exponent = max(exponent, __shfl_xor_sync(wholeWarp, exponent, 2));
        if (lane == 0)
            atomicMax(&memory.largestScale, exponent);
        multiplyRotary(query, tile, first + lane / 16 * 8 + lane % 8, group * 2 + lane / 8 % 2);
        write(memory.scores[group] + lane / 4 * P::pitch + first + lane % 4 * 2);
    }

private:
    /// `row`, `chunk`: of the matrix this lane gives the address of.
    __device__ void multiplyCodes(const Queries<P> &query, const std::byte *tile, int row, int chunk, int n)
    {
#pragma unroll
        for (int four = 0; four < groupSteps / 4; ++four) {
            unsigned codes[4];
            loadMatrices(codes, tile + row * latentWidth + swizzled(row, chunk + four * 4));
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                unsigned key[2];
                e4m3NeighboursToF16(codes[i], key[0], key[1]);
#pragma unroll
                for (int m = 0; m < P::mTiles; ++m) {
                    if (four < chains && i == 0)
                        mmaF16First(sums[m][n][four % chains], query.latent[m][four * 4 + i], key);
                    else
                        mmaF16(sums[m][n][four % chains], query.latent[m][four * 4 + i], key);
                }
            }
        }
    }

    /// Leaves all in the first chain.
    __device__ void scaleSums(const float (&scale)[2], int n)
    {
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                float sum = sums[m][n][0][i];
                if (chains == 2)
                    sum += sums[m][n][chains - 1][i];
                sums[m][n][0][i] = sum * scale[i % 2];
            }
        }
    }

    __device__ void multiplyRotary(const Queries<P> &query, const std::byte *tile, int row, int chunk)
    {
        unsigned key[4];
        loadMatrices(key, tile + P::ropeAt + row * ropeBytes + swizzled(row, chunk));
        const unsigned first[2] = {key[0], key[1]};
        const unsigned second[2] = {key[2], key[3]};
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
            mmaBf16(sums[m][0][0], query.rotary[m], first);
            mmaBf16(sums[m][1][0], query.rotary[m], second);
        }
    }

    __device__ void write(float *to) const
    {
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int n = 0; n < 2; ++n) {
                const float(&d)[4] = sums[m][n][0];
                float *at = to + m * 16 * P::pitch + n * 8;
                *reinterpret_cast<float2 *>(at) = {d[0], d[1]};
                *reinterpret_cast<float2 *>(at + 8 * P::pitch) = {d[2], d[3]};
            }
        }
    }
};

/// What the scales of values are measured by: a power of two not far below the largest so far, so that weights times
/// scales are numbers of F16. The same in all threads.
struct ScaleRange {
    unsigned exponent = WeightRange::least;
    float change = 0.0F; ///< what the sums so far are multiplied with

    __device__ void see(unsigned largest)
    {
        const unsigned steps = largest - exponent;
        change = steps < one ? __uint_as_float(one - steps) : 0.0F;
        exponent = largest;
    }
    __device__ float down() const { return WeightRange::down(exponent); }
    __device__ float back() const { return WeightRange::back(exponent); }
};

/// The running softmax of one row, held by `width` threads with `each` positions of a tile.
template <class P>
struct RunningSoftmax {
    static constexpr int width = P::threads / P::rows;
    static constexpr int each = P::positions / width;
    float largest = -FLT_MAX;
    float sum = 0.0F; ///< this thread's part

    __device__ static int row() { return static_cast<int>(threadIdx.x) / width; }
    __device__ static int place() { return static_cast<int>(threadIdx.x) % width; }

    /// `position`: of the first of the tile; the row sees what comes before `end`.
    __device__ void see(typename P::Memory &memory, const std::byte *tile, const ScaleRange &range, int position,
                        int end, float scale)
    {
        const int at = place() * each;
        float scores[each] = {};
        addPartial(memory, at, scores);
        float top = largest;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            scores[i] *= scale;
            if (position + at + i < end)
                top = fmaxf(top, scores[i]);
        }
#pragma unroll
        for (int offset = width / 2; offset > 0; offset /= 2)
            top = fmaxf(top, __shfl_xor_sync(wholeWarp, top, offset));
        const float factor = power2(largest - top);
        largest = top;
        sum *= factor;
#pragma unroll
        for (int i = 0; i < each; ++i) {
            scores[i] = position + at + i < end ? power2(scores[i] - top) : 0.0F;
            sum += scores[i];
        }
        writeWeights(memory, tile, range, at, scores);
        if (place() == 0)
            memory.factor[row()] = factor;
    }

    __device__ float total() const
    {
        float all = sum;
#pragma unroll
        for (int offset = width / 2; offset > 0; offset /= 2)
            all += __shfl_xor_sync(wholeWarp, all, offset);
        return all;
    }

private:
    __device__ static void addPartial(const typename P::Memory &memory, int at, float (&scores)[each])
    {
#pragma unroll
        for (int group = 0; group < groups; ++group) {
#pragma unroll
            for (int i = 0; i < each; i += 2) {
                const float2 two = *reinterpret_cast<const float2 *>(memory.scores[group] + row() * P::pitch + at + i);
                scores[i] += two.x;
                scores[i + 1] += two.y;
            }
        }
    }

    /// Weights times the scales of the values.
    __device__ static void writeWeights(typename P::Memory &memory, const std::byte *tile, const ScaleRange &range,
                                        int at, const float (&weights)[each])
    {
        const auto *scales = reinterpret_cast<const float4 *>(tile + P::scalesAt) + at;
#pragma unroll
        for (int i = 0; i < each; i += 2) {
            const float4 first = scales[i];
            const float4 second = scales[i + 1];
            const float low[groups] = {first.x, first.y, first.z, first.w};
            const float high[groups] = {second.x, second.y, second.z, second.w};
            const float down[2] = {weights[i] * range.down(), weights[i + 1] * range.down()};
#pragma unroll
            for (int group = 0; group < groups; ++group)
                *reinterpret_cast<unsigned *>(memory.weights[group] + row() * P::pitch + at + i) =
                    packF16(down[0] * low[group], down[1] * high[group]);
        }
    }
};

/// Weighted sums of this warp's columns, as D fragments: of 16 columns the even ones, then the odd ones.
template <class P>
struct ValueSums {
    static constexpr int chunks = P::warpCols / 16;
    float sums[P::mTiles][chunks][2][4] = {};

    __device__ static int group() { return static_cast<int>(threadIdx.x) / warpSize32 * P::warpCols / groupWidth; }

    /// Nothing is done where nothing changes: after the first tiles maxima seldom do.
    __device__ void scaleRows(const float *factor, float change)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        float by[P::mTiles][2];
        bool changes = false;
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                by[m][half] = factor[m * 16 + half * 8 + lane / 4] * change;
                changes = changes || by[m][half] != 1.0F;
            }
        }
        if (__any_sync(wholeWarp, changes) == 0)
            return;
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int chunk = 0; chunk < chunks; ++chunk) {
#pragma unroll
                for (int i = 0; i < 8; ++i)
                    sums[m][chunk][i / 4][i % 4] *= by[m][i % 4 / 2];
            }
        }
    }

    __device__ void add(const typename P::Memory &memory, const std::byte *tile)
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const auto *from = reinterpret_cast<const std::byte *>(memory.weights[group()]);
#pragma unroll
        for (int step = 0; step < P::sixteens; ++step) {
            unsigned weights[P::mTiles][4];
#pragma unroll
            for (int m = 0; m < P::mTiles; ++m)
                loadMatrices(weights[m], from + 2 * ((m * 16 + lane % 16) * P::pitch + step * 16 + lane / 16 * 8));
            const int row = step * 16 + lane % 16;
#pragma unroll
            for (int pair = 0; pair < chunks / 2; ++pair) {
                unsigned codes[4];
                loadMatricesTransposed(codes,
                                       tile + row * latentWidth + swizzled(row, warp * chunks + pair * 2 + lane / 16));
                addChunk(weights, codes[0], codes[1], 2 * pair);
                addChunk(weights, codes[2], codes[3], 2 * pair + 1);
            }
        }
    }

    __device__ void write(const MlaCall &call) const
    {
        const int lane = static_cast<int>(threadIdx.x) % warpSize32;
        const int warp = static_cast<int>(threadIdx.x) / warpSize32;
        const int split = static_cast<int>(blockIdx.y);
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int row = firstRow<P>() + m * 16 + half * 8 + lane / 4;
                if (row >= call.tokens * call.heads)
                    continue;
                float *to =
                    call.output.rowOf(row / call.heads, row % call.heads, split) + warp * P::warpCols + lane % 4 * 4;
#pragma unroll
                for (int chunk = 0; chunk < chunks; ++chunk) {
                    const auto &both = sums[m][chunk];
                    *reinterpret_cast<float4 *>(to + chunk * 16) = {both[0][2 * half], both[1][2 * half],
                                                                    both[0][2 * half + 1], both[1][2 * half + 1]};
                }
            }
        }
    }

private:
    /// `low`, `high`: the codes of the first and the last eight positions.
    __device__ void addChunk(const unsigned (&weights)[P::mTiles][4], unsigned low, unsigned high, int chunk)
    {
        unsigned even[2];
        unsigned odd[2];
        e4m3AlternatesToF16(low, even[0], odd[0]);
        e4m3AlternatesToF16(high, even[1], odd[1]);
#pragma unroll
        for (int m = 0; m < P::mTiles; ++m) {
            mmaF16(sums[m][chunk][0], weights[m], even);
            mmaF16(sums[m][chunk][1], weights[m], odd);
        }
    }
};

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
