// expertFfn() for many tokens: the tokens of an expert are gathered and go through its weights together, on tensor
// cores. Their hidden rows lie in the order of the experts, in BF16; what the experts gave is added up by token, rank
// after rank.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/expert_groups.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/tiles.h"

#include <algorithm>
#include <span>

namespace engine::backend::cuda {

namespace {

constexpr int addThreads = 256;

struct AddCall {
    const float *outputs = nullptr; ///< [places, hidden]
    const int *places = nullptr;    ///< [tokens · topK]
    const float *weights = nullptr;
    std::size_t routeStride = 0;
    int topK = 0;
    int hidden = 0;
};

/// out += Σ_rank weight · outputs, ranks in ascending order. Grid [hidden / threads, tokens].
__global__ void __launch_bounds__(addThreads) addOutputsKernel(AddCall call, RowsView out)
{
    waitForEarlier();
    const int col = static_cast<int>(blockIdx.x) * addThreads + static_cast<int>(threadIdx.x);
    if (col >= call.hidden)
        return;
    const int token = static_cast<int>(blockIdx.y);
    float total = 0.0F;
#pragma unroll 4
    for (int rank = 0; rank < call.topK; ++rank) {
        const float weight =
            call.weights[static_cast<std::size_t>(token) * call.routeStride + static_cast<std::size_t>(rank)];
        const auto place = static_cast<std::size_t>(call.places[token * call.topK + rank]);
        total = fmaf(
            weight, call.outputs[place * static_cast<std::size_t>(call.hidden) + static_cast<std::size_t>(col)], total);
    }
    out.row(token)[col] += total;
}

/// Tiles as large as the average expert can fill.
TileSize sizeFor(int slots, const ExpertTable &table, int rows, const DeviceLimits &device)
{
    int least = 0;
    for (const auto *types : {&table.gateTypes, &table.upTypes, &table.downTypes}) {
        for (const memory::DType dtype : *types)
            least = std::max(least, leastTileTokens(dtype));
    }
    const int average = slots / table.experts;
    if (average <= 24 && least <= tokensOf(TileSize::Few))
        return TileSize::Few;
    if (average <= 64)
        return TileSize::Some;
    return std::max(TileSize::Many, tileSizeFor(slots, rows, device));
}

struct GroupedJob {
    TileJob job;
    std::uint16_t *hidden = nullptr; ///< [slots, width], with room for as many floats
    float *outputs = nullptr;        ///< [slots, the larger of width and hidden]
    int slots = 0;
};

void productsOf(Queue &queue, TileJob job, MlpPart part, std::span<const memory::DType> types, const Rows &to,
                TileSize size, const DeviceLimits &device)
{
    ProductOut out;
    out.rows = viewOf(to);
    out.paired = to.width % 2 == 0;
    job.part = part;
    job.rows = to.width;
    for (const memory::DType dtype : types) {
        job.dtype = dtype;
        productTiles(queue, job, out, size, device);
    }
}

/// Where gate and up of an expert have several types, they lie beside each other in F32 first.
void gateUpApart(Queue &queue, const GroupedJob &grouped, const ExpertTable &table, TileSize size,
                 const DeviceLimits &device)
{
    const auto width = static_cast<std::size_t>(table.width);
    const Rows gate{grouped.outputs, grouped.slots, table.width, width};
    const Rows up{reinterpret_cast<float *>(grouped.hidden), grouped.slots, table.width, width};
    productsOf(queue, grouped.job, MlpPart::Gate, table.gateTypes, gate, size, device);
    productsOf(queue, grouped.job, MlpPart::Up, table.upTypes, up, size, device);
    swiglu(queue, gate, up);
    roundToBf16(queue, gate, grouped.hidden);
}

void gateUpProducts(Queue &queue, const GroupedJob &grouped, const ExpertTable &table, TileSize size,
                    const DeviceLimits &device)
{
    if (!table.alike)
        return gateUpApart(queue, grouped, table, size, device);
    TileJob job = grouped.job;
    job.rows = table.width;
    for (const memory::DType dtype : table.gateTypes) {
        job.dtype = dtype;
        gateUpTiles(queue, job, grouped.hidden, size, device);
    }
}

void downProducts(Queue &queue, const GroupedJob &grouped, const ExpertTable &table, int hidden, TileSize size,
                  const DeviceLimits &device)
{
    TileJob job = grouped.job;
    job.x = grouped.hidden;
    job.stride = static_cast<std::size_t>(table.width);
    job.gather = false;
    const Rows out{grouped.outputs, grouped.slots, hidden, static_cast<std::size_t>(hidden)};
    productsOf(queue, job, MlpPart::Down, table.downTypes, out, size, device);
}

} // namespace

void expertsGrouped(Queue &queue, const ExpertArgs &args, const RoundedRows &x, const ExpertTable &table,
                    ExpertScratch &scratch, const LinearScratch &linearScratch)
{
    const DeviceLimits &device = linearScratch.device;
    const int tokens = args.x.rows;
    const int slots = tokens * args.topK;
    const int hidden = args.x.width;
    const TileSize size = sizeFor(slots, table, 2 * table.width, device);
    const int tiles = ExpertGroups::maxTiles(slots, table.experts, tokensOf(size));
    const ExpertGroups groups(scratch.groups.as<int>().data(), slots, tiles);
    groupByExpert(queue, {args.ids, args.routeStride, tokens, args.topK}, table.experts, tokensOf(size), groups);
    GroupedJob grouped;
    grouped.slots = slots;
    grouped.job.x = x.data;
    grouped.job.stride = x.stride;
    grouped.job.groups = groups.tiles;
    grouped.job.gather = true;
    grouped.job.table = reinterpret_cast<const MlpView *>(table.views.data());
    grouped.hidden = scratch.inner.as<std::uint16_t>().data();
    grouped.outputs = scratch.outputs.as<float>().data();
    gateUpProducts(queue, grouped, table, size, device);
    downProducts(queue, grouped, table, hidden, sizeFor(slots, table, hidden, device), device);
    launch(queue, addOutputsKernel, dim3(blocksFor(hidden, addThreads), static_cast<unsigned>(tokens)),
           dim3(addThreads), AddCall{grouped.outputs, groups.places, args.weights, args.routeStride, args.topK, hidden},
           viewOf(args.out));
}

void ExpertScratch::reserve(const WorkspaceShape &shape, memory::MemorySpace &memory)
{
    const auto slots = static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.topK);
    const auto grow = [&](memory::Buffer &buffer, std::size_t bytes) {
        if (bytes > buffer.size())
            buffer = memory.allocate(bytes);
    };
    sharedFirst = std::max(sharedFirst, (slots * static_cast<std::size_t>(shape.expertWidth) + 3) / 4 * 4);
    // Gate and up of a dense MLP may lie beside each other until they are multiplied.
    const std::size_t shared = 2 * static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.mlpWidth);
    grow(inner, (sharedFirst + shared) * sizeof(float));
    // Where gate and up have several types, the products of gate wait there for those of up.
    grow(outputs, slots * static_cast<std::size_t>(std::max(shape.hidden, shape.expertWidth)) * sizeof(float));
    const std::size_t blocks =
        static_cast<std::size_t>(maxTokensOneByOne) * static_cast<std::size_t>(shape.hidden / 16 + 1);
    if (blocks > zeros.size()) {
        zeros.assign(blocks, 0);
        counters = memory.allocate(blocks * sizeof(unsigned));
        memory.upload(counters.data(), zeros.data(), blocks * sizeof(unsigned));
    }
    grow(groups, ExpertGroups::bytes(static_cast<int>(slots), shape.experts));
}

} // namespace engine::backend::cuda
