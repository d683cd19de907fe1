// Activations to E4M3: by themselves, after a norm, after SwiGLU.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/quantise.cuh"
#include "engine/backend/cuda/detail/rows.h"
#include "engine/backend/cuda/detail/silu.cuh"

#include <algorithm>

namespace engine::backend::cuda {

namespace {

constexpr int warps = 8;
constexpr int threads = warps * warpSize32;

struct QuantiseCall {
    ConstRowsView x;
    const int *gather = nullptr; ///< row i is row gather[i] of x; null: row i
    int width = 0;
    bool wide = false;
    bool powerOfTwo = false;
    QuantisedSpace to;
};

/// Grid [groups / warps, rows].
__global__ void __launch_bounds__(threads) quantiseKernel(QuantiseCall call)
{
    waitForEarlier();
    const int group = static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warpSize32;
    const int row = static_cast<int>(blockIdx.y);
    if (group * scaleGroup >= call.to.width)
        return;
    const float *from = call.x.row(call.gather == nullptr ? row : call.gather[row]);
    const int col = group * scaleGroup + static_cast<int>(threadIdx.x) % warpSize32 * 4;
    quantiseGroup(loadFour(from, col, call.width, call.wide), call.powerOfTwo, call.to, row, group);
}

/// As rmsNormKernel, to the bit. Grid [rows]. `out` may be `x`: after the sum a thread reads only what it writes.
__global__ void __launch_bounds__(threads)
    quantiseNormKernel(QuantiseCall call, VectorView weight, float eps, RowsView out)
{
    waitForEarlier();
    __shared__ float scratch[warpSize32];
    const int row = static_cast<int>(blockIdx.x);
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
    const float *from = call.x.row(row);
    float squares = 0.0F;
    for (int col = static_cast<int>(threadIdx.x); col < call.width; col += threads)
        squares += from[col] * from[col];
    const float factor = rsqrtf(blockSum(squares, scratch) / static_cast<float>(call.width) + eps);
    float *to = out.row(row);
    for (int group = static_cast<int>(threadIdx.x) / warpSize32; group * scaleGroup < call.to.width; group += warps) {
        const int col = group * scaleGroup + lane * 4;
        const float4 four = loadFour(from, col, call.width, call.wide);
        float values[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            if (col + i < call.width) {
                values[i] = weight.at(col + i) * (values[i] * factor);
                to[col + i] = values[i];
            }
        }
        quantiseGroup({values[0], values[1], values[2], values[3]}, call.powerOfTwo, call.to, row, group);
    }
}

/// Grid [groups / warps, rows].
__global__ void __launch_bounds__(threads) quantiseSwigluKernel(QuantiseCall call, ConstRowsView up)
{
    waitForEarlier();
    const int group = static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warpSize32;
    const int row = static_cast<int>(blockIdx.y);
    if (group * scaleGroup >= call.to.width)
        return;
    const int col = group * scaleGroup + static_cast<int>(threadIdx.x) % warpSize32 * 4;
    const float4 opened = loadFour(call.x.row(row), col, call.width, call.wide);
    const float4 raised = loadFour(up.row(row), col, call.width, call.wide);
    quantiseGroup(
        {silu(opened.x) * raised.x, silu(opened.y) * raised.y, silu(opened.z) * raised.z, silu(opened.w) * raised.w},
        call.powerOfTwo, call.to, row, group);
}

QuantiseCall callOf(const ConstRows &x, const int *gather, InputRounding rounding, const QuantisedSpace &to)
{
    return {viewOf(x), gather, x.width, hasWideInputs(x), rounding == InputRounding::E4m3PowerOfTwo, to};
}

dim3 gridOf(const QuantisedSpace &to)
{
    return dim3(blocksFor(to.width / scaleGroup, warps), static_cast<unsigned>(to.rows));
}

} // namespace

void quantise(Queue &queue, const ConstRows &x, const int *gather, InputRounding rounding, const QuantisedSpace &to)
{
    launch(queue, quantiseKernel, gridOf(to), dim3(threads), callOf(x, gather, rounding, to));
}

void quantiseNorm(Queue &queue, const ConstRows &x, const Vector &weight, float eps, const Rows &out,
                  InputRounding rounding, const QuantisedSpace &to)
{
    launch(queue, quantiseNormKernel, dim3(static_cast<unsigned>(to.rows)), dim3(threads),
           callOf(x, nullptr, rounding, to), viewOf(weight), eps, viewOf(out));
}

void quantiseSwiglu(Queue &queue, const ConstRows &gate, const ConstRows &up, InputRounding rounding,
                    const QuantisedSpace &to)
{
    QuantiseCall call = callOf(gate, nullptr, rounding, to);
    call.wide = call.wide && hasWideInputs(up);
    launch(queue, quantiseSwigluKernel, gridOf(to), dim3(threads), call, viewOf(up));
}

namespace {

std::size_t paddedTo(std::size_t count, std::size_t step)
{
    return (count + step - 1) / step * step;
}

constexpr std::size_t scaleRows = 4; ///< that are read together

} // namespace

void QuantisedMemory::reserve(std::size_t rows, std::size_t width, memory::MemorySpace &memory)
{
    const std::size_t padded = paddedTo(width, scaleGroup);
    const auto grow = [&](memory::Buffer &buffer, std::size_t bytes) {
        if (bytes > buffer.size())
            buffer = memory.allocate(bytes);
    };
    grow(m_values, rows * padded);
    grow(m_scales, padded / scaleGroup * paddedTo(rows, scaleRows) * sizeof(float));
}

QuantisedSpace QuantisedMemory::space(Queue &queue, int rows, int width)
{
    const std::size_t padded = paddedTo(static_cast<std::size_t>(width), scaleGroup);
    const std::size_t stride = paddedTo(static_cast<std::size_t>(rows), scaleRows);
    const bool fits = static_cast<std::size_t>(rows) * padded <= m_values.size() &&
                      padded / scaleGroup * stride * sizeof(float) <= m_scales.size();
    if (!fits) {
        queue.note(cudaErrorInvalidValue);
        return {};
    }
    return {reinterpret_cast<std::uint8_t *>(m_values.data()), m_scales.as<float>().data(), rows,
            static_cast<int>(padded), static_cast<int>(stride)};
}

void QuantisedInputs::reserve(const WorkspaceShape &shape, memory::MemorySpace &memory)
{
    forget();
    if (shape.roundedWidth > 0)
        m_memory.reserve(static_cast<std::size_t>(shape.tokens), static_cast<std::size_t>(shape.roundedWidth), memory);
}

void QuantisedInputs::norm(Queue &queue, const ConstRows &x, const Vector &weight, float eps, const Rows &out,
                           InputRounding rounding)
{
    const QuantisedSpace to = m_memory.space(queue, x.rows, x.width);
    quantiseNorm(queue, x, weight, eps, out, rounding, to);
    m_normed = out;
    m_rounding = rounding;
}

QuantisedRows QuantisedInputs::of(Queue &queue, const ConstRows &x, InputRounding rounding)
{
    const QuantisedSpace to = m_memory.space(queue, x.rows, x.width);
    const bool done = x.data == m_normed.data && x.rows == m_normed.rows && x.width == m_normed.width &&
                      x.stride == m_normed.stride && rounding == m_rounding;
    if (!done) {
        forget();
        quantise(queue, x, nullptr, rounding, to);
    }
    return to.view();
}

} // namespace engine::backend::cuda
