#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

namespace {

/// out[t][r] += bias[r] for the rows first ≤ r < end of the weight.
void addBias(const Vector &bias, const Rows &out, int first, int end)
{
    constexpr int step = 64;
    float values[step];
    const auto *bytes = static_cast<const std::byte *>(bias.data);
    for (int row = first; row < end; row += step) {
        const int count = std::min(step, end - row);
        const Matrix part{bytes + static_cast<std::size_t>(row) * memory::dtypeBytes(bias.dtype), bias.dtype, 1, count};
        decodeRow(part, 0, values);
        for (int token = 0; token < out.rows; ++token)
            addScaled(out.row(token) + row, values, 1.0F, static_cast<std::size_t>(count));
    }
}

} // namespace

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
        if (weight.bias.size > 0)
            addBias(weight.bias, out, first, end);
    });
}

} // namespace engine::backend::cpu
