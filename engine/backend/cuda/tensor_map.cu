#include "engine/backend/cuda/detail/tensor_map.h"

namespace engine::backend::cuda {

TensorMapEncoder TensorMapEncoder::find()
{
    constexpr unsigned firstVersion = 12000;
    TensorMapEncoder encoder;
    void *function = nullptr;
    cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
    const cudaError_t error =
        cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, firstVersion, cudaEnableDefault, &found);
    if (error == cudaSuccess && found == cudaDriverEntryPointSuccess)
        encoder.m_encode = function;
    return encoder;
}

cudaError_t TensorMapEncoder::encode(CUtensorMap &map, const Boxes &boxes) const
{
    if (!isFound())
        return cudaErrorNotSupported;
    const cuuint64_t shape[] = {static_cast<cuuint64_t>(boxes.cols), static_cast<cuuint64_t>(boxes.rows)};
    const cuuint64_t strides[] = {boxes.stride};
    const cuuint32_t box[] = {static_cast<cuuint32_t>(boxes.boxCols), static_cast<cuuint32_t>(boxes.boxRows)};
    const cuuint32_t steps[] = {1, 1};
    const auto encode = reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(m_encode);
    const CUresult result =
        encode(&map, boxes.type, 2, const_cast<void *>(boxes.data), shape, strides, box, steps,
               CU_TENSOR_MAP_INTERLEAVE_NONE, boxes.swizzled ? CU_TENSOR_MAP_SWIZZLE_128B : CU_TENSOR_MAP_SWIZZLE_NONE,
               CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

} // namespace engine::backend::cuda
