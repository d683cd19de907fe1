// The plugin's way to a backend.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/cuda_backend.h"
#include "engine/backend/cuda/plugin.h"

engine::backend::Backend *bathyscope_cuda_make_backend(int device)
{
    return engine::backend::cuda::makeCudaBackend(device).release();
}
