// A dense or shared MLP for many tokens: gate, up and what is between them in one pass over tiles, then down.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/silu.cuh"
#include "engine/backend/cuda/detail/tiles.h"

namespace engine::backend::cuda {

namespace {

constexpr int threads = 256;

/// gate ← SiLU(gate) ⊙ up. Grid [rows, width / threads].
__global__ void __launch_bounds__(threads) swigluKernel(RowsView gate, ConstRowsView up, int width)
{
    waitForEarlier();
    const int col = static_cast<int>(blockIdx.y) * threads + static_cast<int>(threadIdx.x);
    if (col >= width)
        return;
    float &value = gate.row(static_cast<int>(blockIdx.x))[col];
    value = silu(value) * up.row(static_cast<int>(blockIdx.x))[col];
}

} // namespace

void swiglu(Queue &queue, const Rows &gate, const ConstRows &up)
{
    launch(queue, swigluKernel, dim3(static_cast<unsigned>(gate.rows), blocksFor(gate.width, threads)), dim3(threads),
           viewOf(gate), viewOf(up), gate.width);
}

bool canTile(const ExpertArgs &args, const Mlp &mlp)
{
    const auto width = static_cast<std::size_t>(mlp.gate.rows);
    return width % 8 == 0 && canTile(args.x, mlp.gate) && canTile(args.x, mlp.up) &&
           canTile(ConstRows(args.x.data, args.x.rows, mlp.gate.rows, width), mlp.down);
}

bool canFuse(const Mlp &mlp)
{
    return mlp.gate.dtype == mlp.up.dtype && mlp.gate.blockRows == mlp.up.blockRows &&
           mlp.gate.blockCols == mlp.up.blockCols;
}

void denseMlpTiled(Queue &queue, const ExpertArgs &args, const RoundedRows &x, const Mlp &mlp, ExpertScratch &scratch,
                   LinearScratch &linearScratch)
{
    auto *hidden = reinterpret_cast<std::uint16_t *>(scratch.inner.as<float>().data() + scratch.sharedFirst);
    TileJob job;
    job.x = x.data;
    job.stride = x.stride;
    job.tokens = x.rows;
    job.only = viewOf(mlp);
    job.dtype = mlp.gate.dtype;
    job.rows = mlp.gate.rows;
    gateUpTiles(queue, job, hidden, tileSizeFor(x.rows, 2 * mlp.gate.rows, linearScratch.device), linearScratch.device);
    tiledProduct(queue, {hidden, x.rows, mlp.gate.rows, static_cast<std::size_t>(mlp.gate.rows)}, mlp.down, args.out,
                 true, linearScratch);
}

void denseMlpProducts(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch,
                      LinearScratch &linearScratch)
{
    const auto width = static_cast<std::size_t>(mlp.gate.rows);
    const int tokens = args.x.rows;
    const Rows gate{scratch.inner.as<float>().data() + scratch.sharedFirst, tokens, mlp.gate.rows, width};
    const Rows up{gate.data + static_cast<std::size_t>(tokens) * width, tokens, mlp.gate.rows, width};
    linear(queue, args.x, mlp.gate, gate, false, linearScratch);
    linear(queue, args.x, mlp.up, up, false, linearScratch);
    swiglu(queue, gate, up);
    linear(queue, gate, mlp.down, args.out, true, linearScratch);
}

} // namespace engine::backend::cuda
