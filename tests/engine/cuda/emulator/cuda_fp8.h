#pragma once
// FP8 as the toolkit's header has it.

#include "cuda_fp16.h"

enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 };

inline __half2_raw __nv_cvt_fp8x2_to_halfraw2(std::uint16_t codes, __nv_fp8_interpretation_t)
{
    const auto half = [](int code) {
        return engine::memory::floatToF16(engine::memory::e4m3ToFloat(static_cast<std::uint8_t>(code & 0xFF)));
    };
    return {half(codes), half(codes >> 8)};
}
