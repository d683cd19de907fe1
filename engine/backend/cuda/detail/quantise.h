#pragma once
// Activations in FP8: where they are made, and the memory they lie in.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/quantised.h"
#include "engine/memory/buffer.h"
#include "engine/memory/memory_space.h"

#include <cstddef>
#include <cstdint>

namespace engine::backend::cuda {

/// QuantisedRows while they are written. What lies behind the columns of the inputs is zero.
struct QuantisedSpace {
    std::uint8_t *values = nullptr;
    float *scales = nullptr;
    int rows = 0;
    int width = 0; ///< a multiple of 128
    int scaleStride = 0;

    __device__ std::uint8_t *at(int row, int col) const
    {
        return values + static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(col);
    }
    __device__ float &scale(int row, int group) const
    {
        return scales[static_cast<std::size_t>(group) * static_cast<std::size_t>(scaleStride) +
                      static_cast<std::size_t>(row)];
    }
    QuantisedRows view() const { return {values, scales, rows, width, scaleStride}; }
};

/// Room for quantised rows.
class QuantisedMemory {
public:
    void reserve(std::size_t rows, std::size_t width, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return m_values.size() + m_scales.size(); }
    /// Without rows where there is no room, which is an error: reserve() was not called for it.
    QuantisedSpace space(Queue &queue, int rows, int width);

private:
    memory::Buffer m_values;
    memory::Buffer m_scales;
};

/// Rows of x, or those listed in `gather` (device memory, `to.rows` of them), one after the other.
void quantise(Queue &queue, const ConstRows &x, const int *gather, InputRounding rounding, const QuantisedSpace &to);
/// rmsNorm(), and its result quantised, in one launch.
void quantiseNorm(Queue &queue, const ConstRows &x, const Vector &weight, float eps, const Rows &out,
                  InputRounding rounding, const QuantisedSpace &to);
/// SiLU(gate) ⊙ up
void quantiseSwiglu(Queue &queue, const ConstRows &gate, const ConstRows &up, InputRounding rounding,
                    const QuantisedSpace &to);

/// The inputs of products in the order in which they come.
class QuantisedInputs {
public:
    void reserve(const WorkspaceShape &shape, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return m_memory.bytes(); }

    /// rmsNorm() with what of() will be asked for.
    void norm(Queue &queue, const ConstRows &x, const Vector &weight, float eps, const Rows &out,
              InputRounding rounding);
    /// What norm() made is out of date.
    void forget() { m_normed = {}; }
    /// x quantised: by the last norm() or now. Good until the next call of either.
    QuantisedRows of(Queue &queue, const ConstRows &x, InputRounding rounding);

private:
    QuantisedMemory m_memory;
    Rows m_normed; ///< whose values lie in m_memory
    InputRounding m_rounding = InputRounding::None;
};

} // namespace engine::backend::cuda
