#pragma once
// Half precision as the toolkit's header has it.

#include "cuda_runtime.h"
#include "engine/memory/dtype.h"

struct __half {
    std::uint16_t bits;
};
struct __half2_raw {
    std::uint16_t x;
    std::uint16_t y;
};
inline __half __ushort_as_half(std::uint16_t bits)
{
    return {bits};
}
inline float __half2float(__half value)
{
    return engine::memory::f16ToFloat(value.bits);
}
inline __half __float2half_rn(float value)
{
    return {engine::memory::floatToF16(value)};
}
inline std::uint16_t __half_as_ushort(__half value)
{
    return value.bits;
}
