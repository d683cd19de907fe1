#pragma once
// How stored weights become floats on the device.

#include "engine/backend/backend.h"

#include <cstdint>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

namespace engine::backend::cuda {

constexpr int scaleGroup = 128; ///< columns of FP8 weights that share a scale where tensor cores are used

/// A Matrix as kernels take it.
struct WeightView {
    const std::uint8_t *data = nullptr;
    const float *scale = nullptr; ///< [ceil(rows / blockRows), scaleCols] or none (1)
    int rows = 0;
    int cols = 0;
    int blockRows = 128;
    int blockCols = 128;
    int scaleCols = 1;
    memory::DType dtype = memory::DType::F32;

    __device__ float scaleAt(int row, int col) const
    {
        return scale == nullptr ? 1.0F : scale[(row / blockRows) * scaleCols + col / blockCols];
    }
};

inline WeightView viewOf(const Matrix &matrix)
{
    WeightView view;
    view.data = static_cast<const std::uint8_t *>(matrix.data);
    view.dtype = matrix.dtype;
    view.scale = static_cast<const float *>(matrix.scale);
    view.rows = matrix.rows;
    view.cols = matrix.cols;
    view.blockRows = matrix.blockRows;
    view.blockCols = matrix.blockCols;
    view.scaleCols = (matrix.cols + matrix.blockCols - 1) / matrix.blockCols;
    return view;
}

// A format has the bytes of one weight, the weights of one 16-byte load (`step`), get() for one weight and decode()
// for such a load. Decoding is exact; the scale of an FP8 block is the caller's business.

struct FormatF32 {
    static constexpr int bytes = 4;
    static constexpr int step = 4;
    __device__ static float get(const std::uint8_t *at) { return *reinterpret_cast<const float *>(at); }
    __device__ static void decode(const uint4 &raw, float (&out)[step])
    {
        out[0] = __uint_as_float(raw.x);
        out[1] = __uint_as_float(raw.y);
        out[2] = __uint_as_float(raw.z);
        out[3] = __uint_as_float(raw.w);
    }
};

struct FormatBF16 {
    static constexpr int bytes = 2;
    static constexpr int step = 8;
    __device__ static float get(const std::uint8_t *at)
    {
        return __uint_as_float(static_cast<unsigned>(*reinterpret_cast<const std::uint16_t *>(at)) << 16);
    }
    __device__ static void decode(const uint4 &raw, float (&out)[step])
    {
        const unsigned words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            out[2 * i] = __uint_as_float(words[i] << 16);
            out[2 * i + 1] = __uint_as_float(words[i] & 0xFFFF0000U);
        }
    }
};

struct FormatF16 {
    static constexpr int bytes = 2;
    static constexpr int step = 8;
    __device__ static float get(const std::uint8_t *at)
    {
        return __half2float(__ushort_as_half(*reinterpret_cast<const std::uint16_t *>(at)));
    }
    __device__ static void decode(const uint4 &raw, float (&out)[step])
    {
        const unsigned words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            out[2 * i] = __half2float(__ushort_as_half(static_cast<std::uint16_t>(words[i] & 0xFFFFU)));
            out[2 * i + 1] = __half2float(__ushort_as_half(static_cast<std::uint16_t>(words[i] >> 16)));
        }
    }
};

struct FormatFP8 {
    static constexpr int bytes = 1;
    static constexpr int step = 16;
    __device__ static float2 two(unsigned codes)
    {
        const __half2_raw half = __nv_cvt_fp8x2_to_halfraw2(static_cast<std::uint16_t>(codes), __NV_E4M3);
        return {__half2float(__ushort_as_half(half.x)), __half2float(__ushort_as_half(half.y))};
    }
    __device__ static float get(const std::uint8_t *at) { return two(*at).x; }
    __device__ static void decode(const uint4 &raw, float (&out)[step])
    {
        const unsigned words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const float2 low = two(words[i] & 0xFFFFU);
            const float2 high = two(words[i] >> 16);
            out[4 * i] = low.x;
            out[4 * i + 1] = low.y;
            out[4 * i + 2] = high.x;
            out[4 * i + 3] = high.y;
        }
    }
};

/// Calls body(Format{}) for the type of `matrix`; false for a type that has no kernel.
template <typename Body>
bool withFormat(memory::DType dtype, const Body &body)
{
    switch (dtype) {
    case memory::DType::F32:
        body(FormatF32{});
        return true;
    case memory::DType::BF16:
        body(FormatBF16{});
        return true;
    case memory::DType::F16:
        body(FormatF16{});
        return true;
    case memory::DType::F8_E4M3:
        body(FormatFP8{});
        return true;
    default:
        return false;
    }
}

/// Every row starts on 16 bytes, or in blocks on 4, or 2 if the block has no more; so that the wide loads work.
inline bool hasWideRows(const Matrix &matrix)
{
    const std::size_t rowBytes =
        static_cast<std::size_t>(matrix.cols) / memory::blockElements(matrix.dtype) * memory::blockBytes(matrix.dtype);
    std::size_t alignment = 16;
    if (memory::isBlockType(matrix.dtype))
        alignment = memory::blockBytes(matrix.dtype) % 4 == 0 ? 4 : 2;
    return reinterpret_cast<std::uintptr_t>(matrix.data) % alignment == 0 && rowBytes % alignment == 0;
}

/// Norm weights and biases.
struct VectorView {
    const void *data = nullptr;
    memory::DType dtype = memory::DType::F32;

    __device__ float at(int index) const
    {
        const auto *bytes = static_cast<const std::uint8_t *>(data);
        if (dtype == memory::DType::F32)
            return FormatF32::get(bytes + 4 * static_cast<std::size_t>(index));
        const std::uint8_t *two = bytes + 2 * static_cast<std::size_t>(index);
        return dtype == memory::DType::BF16 ? FormatBF16::get(two) : FormatF16::get(two);
    }
};

inline VectorView viewOf(const Vector &vector)
{
    return {vector.size > 0 ? vector.data : nullptr, vector.dtype};
}

} // namespace engine::backend::cuda
