#include "engine/backend/cuda/detail/cublas_lt.h"

#if __has_include(<cublasLt.h>)

#include "engine/memory/memory_space.h"

#include <cstdlib>
#include <cublasLt.h>
#include <map>
#include <tuple>
#include <utility>

namespace engine::backend::cuda {

namespace {

int firstTokens(const char *variable, int otherwise)
{
    const char *named = std::getenv(variable);
    return named == nullptr ? otherwise : std::atoi(named);
}

/// The functions used, as the library exports them.
struct Functions {
    decltype(&cublasLtCreate) create = nullptr;
    decltype(&cublasLtDestroy) destroy = nullptr;
    decltype(&cublasLtMatmulDescCreate) descCreate = nullptr;
    decltype(&cublasLtMatmulDescDestroy) descDestroy = nullptr;
    decltype(&cublasLtMatmulDescSetAttribute) descSet = nullptr;
    decltype(&cublasLtMatrixLayoutCreate) layoutCreate = nullptr;
    decltype(&cublasLtMatrixLayoutDestroy) layoutDestroy = nullptr;
    decltype(&cublasLtMatmulPreferenceCreate) preferenceCreate = nullptr;
    decltype(&cublasLtMatmulPreferenceDestroy) preferenceDestroy = nullptr;
    decltype(&cublasLtMatmulPreferenceSetAttribute) preferenceSet = nullptr;
    decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
    decltype(&cublasLtMatmul) matmul = nullptr;

    bool find()
    {
        return take("cublasLtCreate", create) && take("cublasLtDestroy", destroy) &&
               take("cublasLtMatmulDescCreate", descCreate) && take("cublasLtMatmulDescDestroy", descDestroy) &&
               take("cublasLtMatmulDescSetAttribute", descSet) && take("cublasLtMatrixLayoutCreate", layoutCreate) &&
               take("cublasLtMatrixLayoutDestroy", layoutDestroy) &&
               take("cublasLtMatmulPreferenceCreate", preferenceCreate) &&
               take("cublasLtMatmulPreferenceDestroy", preferenceDestroy) &&
               take("cublasLtMatmulPreferenceSetAttribute", preferenceSet) &&
               take("cublasLtMatmulAlgoGetHeuristic", heuristic) && take("cublasLtMatmul", matmul);
    }

private:
    template <typename Function>
    static bool take(const char *name, Function &function)
    {
        function = reinterpret_cast<Function>(cublasLtSymbol(name));
        return function != nullptr;
    }
};

/// What the library chooses an algorithm by. Alignment does not differ between weights of one shape.
using Shape = std::tuple<memory::DType, int, int, int, std::size_t, std::size_t, bool>;

bool isOn16(const void *pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

/// FP8 x FP8 with a scale for each token and 128 columns, and for each 128 x 128 block of the weight: VEC128 and
/// BLK128x128. The library wants the scales of a row of blocks on 4 of them, and multiples of 4 on both sides.
bool canScale(const LibraryProduct &product)
{
    const Matrix &weight = product.weight;
    const int blocks = (weight.cols + 127) / 128;
    return weight.scale != nullptr && product.scales != nullptr && weight.blockRows == 128 && weight.blockCols == 128 &&
           blocks % 4 == 0 && weight.rows % 4 == 0 && product.tokens % 4 == 0 && isOn16(weight.scale) &&
           isOn16(product.scales);
}

bool canMultiply(const LibraryProduct &product)
{
    const Matrix &weight = product.weight;
    const std::size_t elements = weight.dtype == memory::DType::F8_E4M3 ? 16 : 8; // of 16 bytes
    const bool aligned = isOn16(product.x) && isOn16(weight.data) && isOn16(product.out.data) &&
                         static_cast<std::size_t>(weight.cols) % elements == 0 && product.stride % elements == 0 &&
                         product.out.stride % 4 == 0;
    if (!aligned || weight.bias.data != nullptr)
        return false;
    return weight.dtype == memory::DType::F8_E4M3 ? canScale(product) : weight.dtype == memory::DType::BF16;
}

} // namespace

struct CublasLt::Library {
    Functions call;
    cublasLtHandle_t handle = nullptr;
    cublasLtMatmulPreference_t preference = nullptr;

    struct Plan {
        cublasLtMatmulDesc_t desc = nullptr;
        cublasLtMatrixLayout_t weight = nullptr; ///< column-major [cols, rows]: the row-major weight as it lies
        cublasLtMatrixLayout_t x = nullptr;      ///< column-major [cols, tokens]
        cublasLtMatrixLayout_t out = nullptr;    ///< column-major [rows, tokens]
        cublasLtMatmulAlgo_t algorithm{};
        bool found = false;
    };
    std::map<Shape, Plan> plans;

    ~Library()
    {
        for (auto &[shape, plan] : plans) {
            call.layoutDestroy(plan.weight);
            call.layoutDestroy(plan.x);
            call.layoutDestroy(plan.out);
            call.descDestroy(plan.desc);
        }
        if (preference != nullptr)
            call.preferenceDestroy(preference);
        if (handle != nullptr)
            call.destroy(handle);
    }

    bool open()
    {
        const std::size_t most = workspaceBytes;
        return call.find() && call.create(&handle) == CUBLAS_STATUS_SUCCESS &&
               call.preferenceCreate(&preference) == CUBLAS_STATUS_SUCCESS &&
               call.preferenceSet(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most) ==
                   CUBLAS_STATUS_SUCCESS;
    }

    template <typename Value>
    bool set(Plan &plan, cublasLtMatmulDescAttributes_t attribute, Value value) const
    {
        return call.descSet(plan.desc, attribute, &value, sizeof value) == CUBLAS_STATUS_SUCCESS;
    }

    /// The scales are pointers, and another weight has others.
    bool setScales(Plan &plan, const LibraryProduct &product) const
    {
        return product.weight.dtype != memory::DType::F8_E4M3 ||
               (set(plan, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, product.weight.scale) &&
                set(plan, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, static_cast<const void *>(product.scales)));
    }

    bool describe(Plan &plan, const LibraryProduct &product) const
    {
        const auto cols = static_cast<std::uint64_t>(product.weight.cols);
        const auto rows = static_cast<std::uint64_t>(product.weight.rows);
        const auto tokens = static_cast<std::uint64_t>(product.tokens);
        const bool fp8 = product.weight.dtype == memory::DType::F8_E4M3;
        const cudaDataType type = fp8 ? CUDA_R_8F_E4M3 : CUDA_R_16BF;
        if (call.descCreate(&plan.desc, CUBLAS_COMPUTE_32F, CUDA_R_32F) != CUBLAS_STATUS_SUCCESS ||
            call.layoutCreate(&plan.weight, type, cols, rows, static_cast<std::int64_t>(cols)) !=
                CUBLAS_STATUS_SUCCESS ||
            call.layoutCreate(&plan.x, type, cols, tokens, static_cast<std::int64_t>(product.stride)) !=
                CUBLAS_STATUS_SUCCESS ||
            call.layoutCreate(&plan.out, CUDA_R_32F, rows, tokens, static_cast<std::int64_t>(product.out.stride)) !=
                CUBLAS_STATUS_SUCCESS)
            return false;
        if (!set(plan, CUBLASLT_MATMUL_DESC_TRANSA, static_cast<std::int32_t>(CUBLAS_OP_T)))
            return false;
        return !fp8 || (set(plan, CUBLASLT_MATMUL_DESC_A_SCALE_MODE,
                            static_cast<std::int32_t>(CUBLASLT_MATMUL_MATRIX_SCALE_BLK128x128_32F)) &&
                        set(plan, CUBLASLT_MATMUL_DESC_B_SCALE_MODE,
                            static_cast<std::int32_t>(CUBLASLT_MATMUL_MATRIX_SCALE_VEC128_32F)));
    }

    bool choose(Plan &plan, const LibraryProduct &product) const
    {
        if (!describe(plan, product) || !setScales(plan, product))
            return false;
        cublasLtMatmulHeuristicResult_t best{};
        int count = 0;
        const bool known = call.heuristic(handle, plan.desc, plan.weight, plan.x, plan.out, plan.out, preference, 1,
                                          &best, &count) == CUBLAS_STATUS_SUCCESS;
        plan.algorithm = best.algo;
        return known && count > 0;
    }

    Plan &planFor(const LibraryProduct &product)
    {
        const Shape shape{product.weight.dtype, product.weight.rows, product.weight.cols, product.tokens,
                          product.stride,       product.out.stride,  product.accumulate};
        const auto [place, isNew] = plans.try_emplace(shape);
        if (isNew)
            place->second.found = choose(place->second, product);
        return place->second;
    }
};

CublasLt::CublasLt()
    : m_from(firstTokens("BATHYSCOPE_CUBLASLT_FROM", defaultLibraryTokens)),
      m_fp8From(firstTokens("BATHYSCOPE_CUBLASLT_FP8_FROM", defaultLibraryFp8Tokens))
{
}
CublasLt::~CublasLt() = default;

void CublasLt::open()
{
    auto library = std::make_unique<Library>();
    if ((m_from > 0 || m_fp8From > 0) && library->open())
        m_library = std::move(library);
}

void CublasLt::reserve(memory::MemorySpace &memory)
{
    if ((m_from > 0 || m_fp8From > 0) && m_workspace.size() == 0 && Functions().find())
        m_workspace = memory.allocate(workspaceBytes);
}

bool CublasLt::multiply(Queue &queue, const LibraryProduct &product)
{
    if (!isOpen() || queue.error != cudaSuccess || !canMultiply(product))
        return false;
    Library::Plan &plan = m_library->planFor(product);
    if (!plan.found || !m_library->setScales(plan, product))
        return false;
    const float one = 1.0F;
    const float before = product.accumulate ? 1.0F : 0.0F;
    const cublasStatus_t status =
        m_library->call.matmul(m_library->handle, plan.desc, &one, product.weight.data, plan.weight, product.x, plan.x,
                               &before, product.out.data, plan.out, product.out.data, plan.out, &plan.algorithm,
                               m_workspace.data(), m_workspace.size(), queue.stream);
    queue.afterKernel = false; // the next kernel of our own is not to overlap with one that knows nothing of it
    plan.found = status == CUBLAS_STATUS_SUCCESS;
    return plan.found;
}

} // namespace engine::backend::cuda

#else // the toolkit the plugin is built with has no header of cuBLASLt

namespace engine::backend::cuda {

struct CublasLt::Library {};

CublasLt::CublasLt() = default;
CublasLt::~CublasLt() = default;
void CublasLt::open() {}
void CublasLt::reserve(memory::MemorySpace &) {}
bool CublasLt::multiply(Queue &, const LibraryProduct &)
{
    return false;
}

} // namespace engine::backend::cuda

#endif
