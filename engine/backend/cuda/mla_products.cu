// The two products with kv_b_proj that surround absorbed attention. For one token they read the weights once, 16 bytes
// a lane, and are as fast as the memory; up to four tokens share what was read.

#include "engine/backend/cuda/detail/earlier.cuh"
#include "engine/backend/cuda/detail/mla.cuh"
#include "engine/backend/cuda/detail/skinny.cuh"

namespace engine::backend::cuda {

namespace {

constexpr int absorbThreads = 128; ///< of the narrow kernel
constexpr int wideThreads = 256;
constexpr int wideWarps = wideThreads / warpSize32;
constexpr int wideCols = 64; ///< of W_UK per block: 128 bytes of a row in BF16
constexpr int valueRows = 4; ///< of W_UV per warp

/// sums[t] += this thread's rows of W_UK · their coefficients, `Format::step` columns from `col`.
template <class Format, int tokens>
__device__ inline void mixRows(const MlaCall &call, int head, int firstToken, int firstOfThread, int rowStep, int col,
                               float (&sums)[tokens][Format::step])
{
    const int firstRow = head * (call.nope + call.value);
    const std::size_t rowBytes = static_cast<std::size_t>(call.latent) * Format::bytes;
    const std::uint8_t *at =
        call.kvB.data + static_cast<std::size_t>(firstRow) * rowBytes + static_cast<std::size_t>(col) * Format::bytes;
#pragma unroll 4
    for (int row = firstOfThread; row < call.nope; row += rowStep) {
        float weights[Format::step];
        Format::decode(__ldg(reinterpret_cast<const uint4 *>(at + static_cast<std::size_t>(row) * rowBytes)), weights);
        const float scale = call.kvB.scaleAt(firstRow + row, col);
#pragma unroll
        for (int t = 0; t < tokens; ++t) {
            const int token = min(firstToken + t, call.tokens - 1);
            const float by = call.q.row(token)[head * (call.nope + call.rope) + row] * scale;
#pragma unroll
            for (int i = 0; i < Format::step; ++i)
                sums[t][i] = fmaf(weights[i], by, sums[t][i]);
        }
    }
}

/// Adds the lanes of a warp that have the same columns; puts the warp's totals into `totals` [tokens][wideCols].
template <int step, int tokens>
__device__ inline void addLanes(float (&sums)[tokens][step], float *totals)
{
    constexpr int chunks = wideCols / step;
    const int lane = static_cast<int>(threadIdx.x) % warpSize32;
#pragma unroll
    for (int t = 0; t < tokens; ++t) {
#pragma unroll
        for (int i = 0; i < step; ++i) {
#pragma unroll
            for (int offset = chunks; offset < warpSize32; offset *= 2)
                sums[t][i] += __shfl_xor_sync(wholeWarp, sums[t][i], offset);
            if (lane < chunks)
                totals[t * wideCols + lane * step + i] = sums[t][i];
        }
    }
}

/// queries[t][h] ← [W_UK of the head, transposed · the query's nope part; its rope part]. Grid [latent / wideCols,
/// heads, tokens / `tokens`].
template <class Format, int tokens>
__global__ void __launch_bounds__(wideThreads) absorbKernel(MlaCall call)
{
    waitForEarlier();
    __shared__ float totals[wideWarps][tokens * wideCols];
    constexpr int chunks = wideCols / Format::step;
    const int thread = static_cast<int>(threadIdx.x);
    const int head = static_cast<int>(blockIdx.y);
    const int firstToken = static_cast<int>(blockIdx.z) * tokens;
    const int firstCol = static_cast<int>(blockIdx.x) * wideCols;
    float sums[tokens][Format::step] = {};
    mixRows<Format, tokens>(call, head, firstToken, thread / chunks, wideThreads / chunks,
                            firstCol + thread % chunks * Format::step, sums);
    addLanes<Format::step, tokens>(sums, totals[thread / warpSize32]);
    __syncthreads();
    const std::size_t width = static_cast<std::size_t>(call.latent + call.rope);
    const int count = min(tokens, call.tokens - firstToken);
    if (thread < count * wideCols) {
        float sum = 0.0F;
        for (int warp = 0; warp < wideWarps; ++warp)
            sum += totals[warp][thread];
        call.queries[call.headOf(firstToken + thread / wideCols, head) * width +
                     static_cast<std::size_t>(firstCol + thread % wideCols)] = sum;
    }
    if (blockIdx.x != 0)
        return;
    for (int index = thread; index < count * call.rope; index += wideThreads) {
        const int token = firstToken + index / call.rope;
        const int col = index % call.rope;
        call.queries[call.headOf(token, head) * width + static_cast<std::size_t>(call.latent + col)] =
            call.q.row(token)[head * (call.nope + call.rope) + call.nope + col];
    }
}

/// The same for any address and width, a column a thread: queries[t][h] ← [W_UK of the head, transposed · the query's
/// nope part; its rope part]. Grid [columns, heads, tokens].
template <class Format>
__global__ void absorbNarrowKernel(MlaCall call)
{
    waitForEarlier();
    const int head = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const int col = static_cast<int>(blockIdx.x) * absorbThreads + static_cast<int>(threadIdx.x);
    const int width = call.latent + call.rope;
    if (col >= width)
        return;
    const float *query = call.q.row(token) + head * (call.nope + call.rope);
    float *to = call.queries + call.headOf(token, head) * static_cast<std::size_t>(width);
    if (col >= call.latent) {
        to[col] = query[call.nope + col - call.latent];
        return;
    }
    const int firstRow = head * (call.nope + call.value);
    const std::size_t rowBytes = static_cast<std::size_t>(call.latent) * Format::bytes;
    const std::uint8_t *at =
        call.kvB.data + static_cast<std::size_t>(firstRow) * rowBytes + static_cast<std::size_t>(col) * Format::bytes;
    float sum = 0.0F;
    for (int row = 0; row < call.nope; ++row, at += rowBytes)
        sum = fmaf(Format::get(at) * call.kvB.scaleAt(firstRow + row, col), query[row], sum);
    to[col] = sum;
}

/// out[t][h] ← W_UV of the head · latents[t][h]. Grid [value rows, heads, tokens / `tokens`].
template <class Format, int tokens>
__global__ void __launch_bounds__(skinnyWarps *warpSize32) valueKernel(MlaCall call, RowsView out)
{
    waitForEarlier();
    const int warp = static_cast<int>(threadIdx.x) / warpSize32;
    const int row = (static_cast<int>(blockIdx.x) * skinnyWarps + warp) * valueRows;
    if (row >= call.value)
        return;
    const int head = static_cast<int>(blockIdx.y);
    const int firstToken = static_cast<int>(blockIdx.z) * tokens;
    const float *x[tokens];
#pragma unroll
    for (int t = 0; t < tokens; ++t)
        x[t] = call.latents +
               call.headOf(min(firstToken + t, call.tokens - 1), head) * static_cast<std::size_t>(call.latent);
    float sums[valueRows][tokens] = {};
    skinnyDot<Format, true, valueRows, tokens>(call.kvB, head * (call.nope + call.value) + call.nope + row, x, sums);
    if (static_cast<int>(threadIdx.x) % warpSize32 != 0)
        return;
#pragma unroll
    for (int r = 0; r < valueRows; ++r) {
#pragma unroll
        for (int t = 0; t < tokens; ++t) {
            if (row + r < call.value && firstToken + t < call.tokens)
                out.row(firstToken + t)[head * call.value + row + r] = sums[r][t];
        }
    }
}

/// The same for any address and width: out[t][h] ← W_UV of the head · latents[t][h]. Grid [value rows / warps, heads,
/// tokens].
template <class Format>
__global__ void __launch_bounds__(skinnyWarps *warpSize32) valueNarrowKernel(MlaCall call, RowsView out)
{
    waitForEarlier();
    const int row = static_cast<int>(blockIdx.x) * skinnyWarps + static_cast<int>(threadIdx.x) / warpSize32;
    if (row >= call.value)
        return;
    const int head = static_cast<int>(blockIdx.y);
    const int token = static_cast<int>(blockIdx.z);
    const float *const x[1] = {call.latents + call.headOf(token, head) * static_cast<std::size_t>(call.latent)};
    float sums[1][1] = {};
    skinnyDot<Format, false, 1, 1>(call.kvB, head * (call.nope + call.value) + call.nope + row, x, sums);
    if (static_cast<int>(threadIdx.x) % warpSize32 == 0)
        out.row(token)[head * call.value + row] = sums[0][0];
}

dim3 gridOf(int columns, int size, const MlaCall &call, int tokens)
{
    return {blocksFor(columns, size), static_cast<unsigned>(call.heads), blocksFor(call.tokens, tokens)};
}

template <class Format, int tokens>
void startAbsorb(Queue &queue, const MlaCall &call)
{
    launch(queue, absorbKernel<Format, tokens>, gridOf(call.latent, wideCols, call, tokens), dim3(wideThreads), call);
}

template <class Format, int tokens>
void startValues(Queue &queue, const MlaCall &call, const Rows &out)
{
    launch(queue, valueKernel<Format, tokens>, gridOf(call.value, skinnyWarps * valueRows, call, tokens),
           dim3(skinnyWarps * warpSize32), call, viewOf(out));
}

} // namespace

void absorbQueries(Queue &queue, const MlaCall &call, const Matrix &kvB)
{
    const bool wide = hasWideRows(kvB) && call.latent % wideCols == 0;
    const bool known = withFormat(kvB.dtype, [&](auto format) {
        using Format = decltype(format);
        if (!wide)
            launch(queue, absorbNarrowKernel<Format>, gridOf(call.latent + call.rope, absorbThreads, call, 1),
                   dim3(absorbThreads), call);
        else if (call.tokens == 1)
            startAbsorb<Format, 1>(queue, call);
        else
            startAbsorb<Format, 4>(queue, call);
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

void expandLatents(Queue &queue, const MlaCall &call, const Matrix &kvB, const Rows &out)
{
    const bool wide = hasWideRows(kvB) && call.latent % 4 == 0;
    const bool known = withFormat(kvB.dtype, [&](auto format) {
        using Format = decltype(format);
        if (!wide)
            launch(queue, valueNarrowKernel<Format>, gridOf(call.value, skinnyWarps, call, 1),
                   dim3(skinnyWarps * warpSize32), call, viewOf(out));
        else if (call.tokens == 1)
            startValues<Format, 1>(queue, call, out);
        else
            startValues<Format, 4>(queue, call, out);
    });
    if (!known)
        queue.note(cudaErrorInvalidValue);
}

} // namespace engine::backend::cuda
