#pragma once
// SiLU(x) = x · σ(x).

#include <cuda_runtime.h>

namespace engine::backend::cuda {

__device__ inline float silu(float x)
{
    return x / (1.0F + expf(-x));
}

} // namespace engine::backend::cuda
