#pragma once
// FP8 as the toolkit's header has it.

#include "cuda_fp16.h"

enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };
enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE };
using __nv_fp8x2_storage_t = std::uint16_t;

/// Only to E4M3, with saturation; the first number in the low byte.
inline __nv_fp8x2_storage_t __nv_cvt_float2_to_fp8x2(float2 pair, __nv_saturation_t, __nv_fp8_interpretation_t)
{
    return static_cast<std::uint16_t>(engine::memory::floatToE4m3(pair.x) | engine::memory::floatToE4m3(pair.y) << 8);
}

inline __half2_raw __nv_cvt_fp8x2_to_halfraw2(std::uint16_t codes, __nv_fp8_interpretation_t)
{
    const auto half = [](int code) {
        return engine::memory::floatToF16(engine::memory::e4m3ToFloat(static_cast<std::uint8_t>(code & 0xFF)));
    };
    return {half(codes), half(codes >> 8)};
}
