#pragma once
// The ways of linear().

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/cublas_lt.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/rounded.h"
#include "engine/memory/buffer.h"
#include "engine/memory/memory_space.h"

#include <cstdint>
#include <span>
#include <vector>

namespace engine::backend::cuda {

/// Up to here no bit of an input is lost; from one more on they are rounded to 16 bits for the tensor cores.
constexpr int maxExactTokens = 8;
/// Up to here a weight goes straight from memory to the tensor cores; from one more on, through tiles.
constexpr int maxStreamTokens = 32;

/// Where blocks that share the rows of a result leave their parts, and inputs in BF16.
struct LinearScratch {
    memory::Buffer partials;
    memory::Buffer rounded;      ///< the inputs of one call, or of so many of its tokens as there is room for
    memory::Buffer counters;     ///< all zero between two ops
    std::vector<unsigned> zeros; ///< stays as long as the copy may be under way
    DeviceLimits device;
    CublasLt library;

    void reserve(memory::MemorySpace &memory, const DeviceLimits &limits);
    /// For products of that many tokens at once. Others are possible, a part of their tokens after the other.
    void reserve(const WorkspaceShape &shape, memory::MemorySpace &memory);
    std::uint16_t *roundedRows() { return rounded.as<std::uint16_t>().data(); }
    std::uint64_t bytes() const { return partials.size() + rounded.size() + library.bytes(); }
};

/// FP8, BF16 and F16 whose rows start on 16 bytes.
bool canStream(const ConstRows &x, const Matrix &weight);
/// For up to maxStreamTokens.
void streamLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate,
                  LinearScratch &scratch);

/// The same for several weights of one type, up to maxGroup: one launch.
constexpr std::size_t maxGroup = 3;
bool canStream(const ConstRows &x, std::span<const Product> products);
void streamGroup(Queue &queue, const ConstRows &x, std::span<const Product> products, LinearScratch &scratch);

/// Tensor cores take BF16: weights of 16 and 8 bits lose nothing (F16: below 2^-8 of its value), inputs are rounded.
/// F32 weights, and scales of less than 64 columns or 16 rows, are left to exactLinear().
bool canTile(const Matrix &weight);
bool canTile(const ConstRows &x, const Matrix &weight);
/// Products of the same inputs, which are rounded once.
void tiledLinear(Queue &queue, const ConstRows &x, std::span<const Product> products, bool accumulate,
                 LinearScratch &scratch);
/// The same of inputs that are rounded already; through cuBLASLt where that is wanted and can.
void tiledProduct(Queue &queue, const RoundedRows &x, const Matrix &weight, const Rows &out, bool accumulate,
                  LinearScratch &scratch);

void linear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate,
            LinearScratch &scratch);
void linearGroup(Queue &queue, const ConstRows &x, std::span<const Product> products, LinearScratch &scratch);
/// As linear(), in F32 throughout whatever the shape: the router must not lose a bit.
void exactLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate);

} // namespace engine::backend::cuda
