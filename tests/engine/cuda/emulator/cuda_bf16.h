#pragma once
// BF16 as the toolkit's header has it.

#include "cuda_runtime.h"
#include "engine/memory/dtype.h"

struct __nv_bfloat16 {
    std::uint16_t bits;
};
inline __nv_bfloat16 __float2bfloat16(float value)
{
    return {engine::memory::floatToBf16(value)};
}
inline std::uint16_t __bfloat16_as_ushort(__nv_bfloat16 value)
{
    return value.bits;
}
