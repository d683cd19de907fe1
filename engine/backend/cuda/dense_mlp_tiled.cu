// A dense or shared MLP for many tokens: three matrix products on tensor cores and one pass between them.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/silu.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int threads = 256;

/// gate ← SiLU(gate) ⊙ up. Grid [width / threads, tokens].
__global__ void swigluKernel(RowsView gate, ConstRowsView up, int width)
{
    waitForEarlier();
    const int col = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
    if (col >= width)
        return;
    float &value = gate.row(static_cast<int>(blockIdx.y))[col];
    value = silu(value) * up.row(static_cast<int>(blockIdx.y))[col];
}

} // namespace

bool canTile(const ExpertArgs &args, const Mlp &mlp)
{
    const auto width = static_cast<std::size_t>(mlp.gate.rows);
    return canTile(args.x, mlp.gate) && canTile(args.x, mlp.up) &&
           canTile(ConstRows(args.x.data, args.x.rows, mlp.gate.rows, width), mlp.down);
}

void denseMlpTiled(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch,
                   LinearScratch &linearScratch)
{
    const auto width = static_cast<std::size_t>(mlp.gate.rows);
    const int tokens = args.x.rows;
    const Rows gate{scratch.inner.as<float>().data() + scratch.sharedFirst, tokens, mlp.gate.rows, width};
    const Rows up{gate.data + static_cast<std::size_t>(tokens) * width, tokens, mlp.gate.rows, width};
    linear(queue, args.x, mlp.gate, gate, false, linearScratch);
    linear(queue, args.x, mlp.up, up, false, linearScratch);
    launch(queue, swigluKernel, dim3(blocksFor(mlp.gate.rows, threads), static_cast<unsigned>(tokens)), dim3(threads),
           viewOf(gate), viewOf(ConstRows(up)), mlp.gate.rows);
    linear(queue, gate, mlp.down, args.out, true, linearScratch);
}

} // namespace engine::backend::cuda
