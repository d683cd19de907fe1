#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

void linear(Parallel &parallel, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate)
{
    constexpr int grain = 16; // rows; a multiple of the kernel's tiles
    const double cost = static_cast<double>(weight.rows) * weight.cols * x.rows;
    parallel.split(weight.rows, grain, cost, [&](int first, int end, int) {
        DotCall call;
        call.weight = weight;
        call.rowBegin = first;
        call.rowEnd = end;
        call.x = x.data;
        call.xStride = x.stride;
        call.tokens = x.rows;
        call.out = out.data + first;
        call.outStride = out.stride;
        call.accumulate = accumulate;
        dot(call);
    });
}

} // namespace engine::backend::cpu
