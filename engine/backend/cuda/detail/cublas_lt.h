#pragma once
// Products of a prompt through NVIDIA's cuBLASLt, which is opened at run time: where it is not installed the program's
// own kernels compute everything.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/memory/buffer.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace engine::backend::cuda {

/// Where library products begin unless BATHYSCOPE_CUBLASLT_FROM says otherwise (0: nowhere). Not measured yet: from
/// here on products of these models are bound by tensor cores, which the library keeps busy through wgmma.
constexpr int defaultLibraryTokens = 256;
/// The same with FP8 activations, BATHYSCOPE_CUBLASLT_FP8_FROM: nowhere, as the kernels of this backend are made for
/// just these products; to be measured.
constexpr int defaultLibraryFp8Tokens = 0;

/// out = W·x, or out += W·x.
struct LibraryProduct {
    const void *x = nullptr;       ///< [tokens, cols of the weight], BF16, or E4M3 with an E4M3 weight; on 16 bytes
    std::size_t stride = 0;        ///< from row to row of x, in elements
    const float *scales = nullptr; ///< of E4M3: [ceil(cols / 128), tokens], QuantisedRows with scaleStride = tokens
    int tokens = 0;
    Matrix weight;
    Rows out;
    bool accumulate = false;
};

/// Thread contract: as the backend's. Sums are made in an order that depends on the shape alone.
class CublasLt {
public:
    static constexpr std::size_t workspaceBytes = std::size_t{32} << 20; ///< what NVIDIA advises for Hopper

    CublasLt();
    ~CublasLt();
    CublasLt(const CublasLt &) = delete;
    CublasLt &operator=(const CublasLt &) = delete;

    /// Takes the library into use on the device of this thread, if it is there and wanted.
    void open();
    bool isOpen() const { return m_library != nullptr; }
    /// Whether products of so many tokens are to be tried.
    bool isWanted(int tokens) const { return isOpen() && m_from > 0 && tokens >= m_from; }
    bool isWantedForFp8(int tokens) const { return isOpen() && m_fp8From > 0 && tokens >= m_fp8From; }
    /// Its workspace, if open() would find it.
    void reserve(memory::MemorySpace &memory);
    std::uint64_t bytes() const { return m_workspace.size(); }

    /// False if the library has nothing for it, and nothing was enqueued: wrong types, alignment, or a block size of
    /// scales it does not take.
    bool multiply(Queue &queue, const LibraryProduct &product);

private:
    struct Library;
    std::unique_ptr<Library> m_library;
    int m_from = 0;
    int m_fp8From = 0;
    memory::Buffer m_workspace;
};

/// Finds `name` in cuBLASLt; null where the library or the name is missing.
void *cublasLtSymbol(const char *name);

} // namespace engine::backend::cuda
