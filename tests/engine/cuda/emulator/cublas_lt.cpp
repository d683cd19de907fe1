#include "cublasLt.h"

#include "engine/backend/cuda/detail/cublas_lt.h"
#include "engine/memory/dtype.h"

#include <cstring>
#include <map>
#include <string>

namespace emulator {
bool cublasLtIsInstalled = true;
long long cublasLtProducts = 0;
} // namespace emulator

struct cublasLtContext {};
struct cublasLtMatmulPreferenceOpaque_t {
    std::size_t workspace = 0;
};
struct cublasLtMatrixLayoutOpaque_t {
    cudaDataType type;
    std::uint64_t rows;
    std::uint64_t cols;
    std::int64_t leading;
};
struct cublasLtMatmulDescOpaque_t {
    std::int32_t transposeA = CUBLAS_OP_N;
    std::int32_t transposeB = CUBLAS_OP_N;
    std::int32_t modeA = 0;
    std::int32_t modeB = 0;
    const float *scaleA = nullptr;
    const float *scaleB = nullptr;
};

namespace {

using Layout = cublasLtMatrixLayoutOpaque_t;
using Desc = cublasLtMatmulDescOpaque_t;

/// Element [row, col] of a column-major matrix.
float at(const void *data, const Layout &layout, std::uint64_t row, std::uint64_t col)
{
    const std::size_t index = row + col * static_cast<std::size_t>(layout.leading);
    if (layout.type == CUDA_R_16BF) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, static_cast<const std::byte *>(data) + 2 * index, sizeof bits);
        return engine::memory::bf16ToFloat(bits);
    }
    if (layout.type == CUDA_R_8F_E4M3)
        return engine::memory::e4m3ToFloat(static_cast<const std::uint8_t *>(data)[index]);
    return static_cast<const float *>(data)[index];
}

/// Of element [k, column] of A or B, which are both [K, columns] here. Of VEC128 the scales of a block of 128 k lie
/// side by side, of BLK128x128 those of 128 columns, a multiple of 4 apart.
float scaleAt(std::int32_t mode, const float *scales, const Layout &layout, std::uint64_t k, std::uint64_t column)
{
    if (mode == CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F)
        return scales[k / 128 * layout.cols + column];
    if (mode == CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F) {
        const std::uint64_t blocks = (layout.rows + 127) / 128;
        return scales[column / 128 * ((blocks + 3) / 4 * 4) + k / 128];
    }
    return 1.0F;
}

bool isSupported(const Desc &desc, const Layout &a, const Layout &b, const Layout &d)
{
    const bool fp8 = a.type == CUDA_R_8F_E4M3;
    const bool scaled = desc.modeA == CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F &&
                        desc.modeB == CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F && d.rows % 4 == 0 && d.cols % 4 == 0;
    const bool shapes = a.rows == b.rows && a.cols == d.rows && b.cols == d.cols;
    return desc.transposeA == CUBLAS_OP_T && desc.transposeB == CUBLAS_OP_N && a.type == b.type &&
           d.type == CUDA_R_32F && shapes && (!fp8 || scaled);
}

template <typename Value>
bool read(Value &to, const void *value, std::size_t bytes)
{
    if (bytes != sizeof to)
        return false;
    std::memcpy(&to, value, bytes);
    return true;
}

bool isOn16(const void *pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

} // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle)
{
    *handle = new cublasLtContext();
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *desc, cublasComputeType_t, cudaDataType)
{
    *desc = new Desc();
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc)
{
    delete desc;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void *value, std::size_t bytes)
{
    bool known = false;
    switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
        known = read(desc->transposeA, value, bytes);
        break;
    case CUBLASLT_MATMUL_DESC_TRANSB:
        known = read(desc->transposeB, value, bytes);
        break;
    case CUBLASLT_MATMUL_DESC_A_SCALE_POINTER:
        known = read(desc->scaleA, value, bytes);
        break;
    case CUBLASLT_MATMUL_DESC_B_SCALE_POINTER:
        known = read(desc->scaleB, value, bytes);
        break;
    case CUBLASLT_MATMUL_DESC_A_SCALE_MODE:
        known = read(desc->modeA, value, bytes);
        break;
    case CUBLASLT_MATMUL_DESC_B_SCALE_MODE:
        known = read(desc->modeB, value, bytes);
        break;
    }
    return known ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type, std::uint64_t rows,
                                          std::uint64_t cols, std::int64_t leading)
{
    if (leading < static_cast<std::int64_t>(rows))
        return CUBLAS_STATUS_INVALID_VALUE;
    *layout = new Layout{type, rows, cols, leading};
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout)
{
    delete layout;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference)
{
    *preference = new cublasLtMatmulPreferenceOpaque_t();
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
{
    delete preference;
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t, const void *value,
                                                    std::size_t bytes)
{
    return read(preference->workspace, value, bytes) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int,
                                              cublasLtMatmulHeuristicResult_t results[], int *found)
{
    *found = isSupported(*desc, *a, *b, *d) ? 1 : 0;
    results[0] = {};
    results[0].workspaceSize = preference->workspace;
    return *found == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void *alpha, const void *a,
                              cublasLtMatrixLayout_t aLayout, const void *b, cublasLtMatrixLayout_t bLayout,
                              const void *beta, const void *c, cublasLtMatrixLayout_t cLayout, void *d,
                              cublasLtMatrixLayout_t dLayout, const cublasLtMatmulAlgo_t *, void *, std::size_t,
                              cudaStream_t)
{
    if (!isSupported(*desc, *aLayout, *bLayout, *dLayout) || !isOn16(a) || !isOn16(b) || !isOn16(d))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    const float scale = *static_cast<const float *>(alpha);
    const float before = *static_cast<const float *>(beta);
    for (std::uint64_t column = 0; column < dLayout->cols; ++column) {
        for (std::uint64_t row = 0; row < dLayout->rows; ++row) {
            double sum = 0.0;
            for (std::uint64_t k = 0; k < aLayout->rows; ++k) {
                const double product = static_cast<double>(at(a, *aLayout, k, row)) * at(b, *bLayout, k, column);
                sum += product * scaleAt(desc->modeA, desc->scaleA, *aLayout, k, row) *
                       scaleAt(desc->modeB, desc->scaleB, *bLayout, k, column);
            }
            const float old = before == 0.0F ? 0.0F : before * at(c, *cLayout, row, column);
            static_cast<float *>(d)[row + column * static_cast<std::size_t>(dLayout->leading)] =
                scale * static_cast<float>(sum) + old;
        }
    }
    ++emulator::cublasLtProducts;
    return CUBLAS_STATUS_SUCCESS;
}

namespace engine::backend::cuda {

void *cublasLtSymbol(const char *name)
{
    using Any = void (*)();
    const std::map<std::string, Any> symbols = {
        {"cublasLtCreate", reinterpret_cast<Any>(&cublasLtCreate)},
        {"cublasLtDestroy", reinterpret_cast<Any>(&cublasLtDestroy)},
        {"cublasLtMatmulDescCreate", reinterpret_cast<Any>(&cublasLtMatmulDescCreate)},
        {"cublasLtMatmulDescDestroy", reinterpret_cast<Any>(&cublasLtMatmulDescDestroy)},
        {"cublasLtMatmulDescSetAttribute", reinterpret_cast<Any>(&cublasLtMatmulDescSetAttribute)},
        {"cublasLtMatrixLayoutCreate", reinterpret_cast<Any>(&cublasLtMatrixLayoutCreate)},
        {"cublasLtMatrixLayoutDestroy", reinterpret_cast<Any>(&cublasLtMatrixLayoutDestroy)},
        {"cublasLtMatmulPreferenceCreate", reinterpret_cast<Any>(&cublasLtMatmulPreferenceCreate)},
        {"cublasLtMatmulPreferenceDestroy", reinterpret_cast<Any>(&cublasLtMatmulPreferenceDestroy)},
        {"cublasLtMatmulPreferenceSetAttribute", reinterpret_cast<Any>(&cublasLtMatmulPreferenceSetAttribute)},
        {"cublasLtMatmulAlgoGetHeuristic", reinterpret_cast<Any>(&cublasLtMatmulAlgoGetHeuristic)},
        {"cublasLtMatmul", reinterpret_cast<Any>(&cublasLtMatmul)}};
    const auto known = symbols.find(name);
    return !emulator::cublasLtIsInstalled || known == symbols.end() ? nullptr : reinterpret_cast<void *>(known->second);
}

} // namespace engine::backend::cuda
