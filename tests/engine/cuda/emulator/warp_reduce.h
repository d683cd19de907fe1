#pragma once
// Reductions of unsigned numbers over a warp (redux.sync, sm_80 and later). Included by cuda_runtime.h.

inline unsigned __reduce_max_sync(unsigned mask, unsigned value)
{
    for (int offset = 16; offset > 0; offset /= 2)
        value = max(value, __shfl_xor_sync(mask, value, offset));
    return value;
}

inline unsigned __reduce_min_sync(unsigned mask, unsigned value)
{
    for (int offset = 16; offset > 0; offset /= 2)
        value = min(value, __shfl_xor_sync(mask, value, offset));
    return value;
}
