#pragma once
// From global to shared memory: what a stage of tile.cuh needs.

#include "engine/backend/cuda/detail/async_copy.cuh"
#include "engine/backend/cuda/detail/mma.cuh"
#include "engine/backend/cuda/detail/tile_plan.cuh"

namespace engine::backend::cuda {

/// Rows of rounded activations that a tile works on.
struct TileInput {
    const std::uint16_t *data = nullptr; ///< every row on 16 bytes
    std::size_t stride = 0;
    const int *gather = nullptr; ///< entry first + i is the row of token i; null: row first + i
    int first = 0;
    int count = 0;
};

/// 16 bytes of a matrix of less than 64 GB; one multiplication.
__device__ inline const std::byte *chunkAt(const std::byte *data, unsigned row, int chunk)
{
    return data + static_cast<std::size_t>(row + static_cast<unsigned>(chunk)) * 16;
}

// Rows that are not there count as the last one, so that only columns need to be looked at: what is computed for them
// is written nowhere. All rows a thread copies are swizzled alike.

/// What one thread copies of the inputs in every stage: one column of chunks, several rows.
template <class Plan>
struct InputFeed {
    static constexpr int chunks = rowBytes16 / 16;
    static constexpr int rowStep = Plan::threads / chunks;
    static constexpr int count = Plan::tokens / rowStep;
    static_assert(rowStep % 8 == 0);

    const std::byte *data;
    unsigned rows[count]; ///< where they start, and this thread's column, in 16 bytes
    int lastChunk;        ///< of a row
    int place;            ///< in a stage, of the first row

    __device__ InputFeed(const TileInput &input, int cols)
        : data(reinterpret_cast<const std::byte *>(input.data)), lastChunk(cols / 8)
    {
        const int chunk = static_cast<int>(threadIdx.x) % chunks;
        const int first = static_cast<int>(threadIdx.x) / chunks;
        place = first * rowBytes16 + Plan::inputChunk(first, chunk);
#pragma unroll
        for (int i = 0; i < count; ++i) {
            const int at = input.first + min(first + i * rowStep, input.count - 1);
            const int row = input.gather == nullptr ? at : input.gather[at];
            rows[i] =
                static_cast<unsigned>(row) * static_cast<unsigned>(input.stride / 8) + static_cast<unsigned>(chunk);
        }
    }
    __device__ void copy(int stage, std::byte *to) const
    {
        const bool present = stage * chunks + static_cast<int>(threadIdx.x) % chunks < lastChunk;
#pragma unroll
        for (int i = 0; i < count; ++i)
            asyncCopy16(to + place + i * rowStep * rowBytes16, chunkAt(data, rows[i], stage * chunks), present);
    }
};

/// The same for weights that are copied as they are.
template <class Plan>
struct CopiedFeed {
    static constexpr int chunks = Plan::weightRowBytes / 16;
    static constexpr int rowStep = Plan::threads / chunks;
    static constexpr int count = Plan::rows / rowStep;
    static_assert(rowStep % 8 == 0);

    const std::byte *data[Plan::parts];
    unsigned rows[count];
    int lastChunk;
    int place;

    __device__ CopiedFeed(const WeightView *const (&weights)[Plan::parts], int firstRow)
    {
        const auto rowChunks = static_cast<unsigned>(rowBytesOf<typename Plan::Format>(weights[0]->cols) / 16);
        const int chunk = static_cast<int>(threadIdx.x) % chunks;
        const int first = static_cast<int>(threadIdx.x) / chunks;
        lastChunk = static_cast<int>(rowChunks);
        place = first * Plan::weightRowBytes + Plan::weightChunk(first, chunk);
#pragma unroll
        for (int part = 0; part < Plan::parts; ++part)
            data[part] = reinterpret_cast<const std::byte *>(weights[part]->data);
#pragma unroll
        for (int i = 0; i < count; ++i) {
            const int row = min(firstRow + Plan::rowOf(first + i * rowStep), weights[0]->rows - 1);
            rows[i] = static_cast<unsigned>(row) * rowChunks + static_cast<unsigned>(chunk);
        }
    }
    __device__ void copy(int stage, std::byte *to) const
    {
        const bool present = stage * chunks + static_cast<int>(threadIdx.x) % chunks < lastChunk;
#pragma unroll
        for (int i = 0; i < count; ++i) {
            const std::byte *matrix = data[0];
            if constexpr (Plan::parts == 2)
                matrix = Plan::partOf(static_cast<int>(threadIdx.x) / chunks + i * rowStep) == 0 ? data[0] : data[1];
            asyncCopy16(to + place + i * rowStep * Plan::weightRowBytes, chunkAt(matrix, rows[i], stage * chunks),
                        present);
        }
    }
    __device__ void decode(int, std::byte *) const {}
};

/// And for those that the threads decode: eight a time, which are 16 bytes in BF16.
template <class Plan>
struct DecodedFeed {
    using Format = typename Plan::Format;
    static constexpr int chunks = rowBytes16 / 16;
    static constexpr int rowStep = Plan::threads / chunks;
    static constexpr int count = Plan::rows / rowStep;
    static_assert(Format::step == 8);

    const std::uint8_t *data[Plan::parts];
    int firstRow;
    int allRows;
    int cols;

    __device__ DecodedFeed(const WeightView *const (&weights)[Plan::parts], int first)
        : firstRow(first), allRows(weights[0]->rows), cols(weights[0]->cols)
    {
#pragma unroll
        for (int part = 0; part < Plan::parts; ++part)
            data[part] = weights[part]->data;
    }
    __device__ void copy(int, std::byte *) const {}
    __device__ void decode(int stage, std::byte *to) const
    {
        const int chunk = static_cast<int>(threadIdx.x) % chunks;
        const int col = stage * stageCols + chunk * 8;
#pragma unroll 4
        for (int i = 0; i < count; ++i) {
            const int inTile = static_cast<int>(threadIdx.x) / chunks + i * rowStep;
            const int row = min(firstRow + Plan::rowOf(inTile), allRows - 1);
            float values[8] = {};
            if (col < cols) {
                const std::uint8_t *matrix = data[0];
                if constexpr (Plan::parts == 2)
                    matrix = Plan::partOf(inTile) == 0 ? data[0] : data[1];
                weightsAt<Format>(matrix + static_cast<std::size_t>(row) * rowBytesOf<Format>(cols), col, values);
            }
            const uint4 rounded = {packBf16(values[0], values[1]), packBf16(values[2], values[3]),
                                   packBf16(values[4], values[5]), packBf16(values[6], values[7])};
            *reinterpret_cast<uint4 *>(to + inTile * rowBytes16 + Plan::weightChunk(inTile, chunk)) = rounded;
        }
    }
};

template <class Plan>
using WeightFeed = std::conditional_t<Plan::feed == Feed::Decoded, DecodedFeed<Plan>, CopiedFeed<Plan>>;

} // namespace engine::backend::cuda
