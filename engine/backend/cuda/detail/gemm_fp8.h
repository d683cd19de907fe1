#pragma once
// Products of FP8 activations with FP8 weights on the tensor cores of compute capability 9.0 (gemm_fp8.cu): for many
// tokens, and for the experts of a layer whose tokens lie together. Sums of 128 columns are made by the tensor cores,
// multiplied by both scales and added up in F32 in a fixed order.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/quantised.h"
#include "engine/backend/cuda/detail/tensor_map.h"
#include "engine/memory/buffer.h"

#include <cstdint>
#include <span>
#include <vector>

namespace engine::backend::cuda {

/// Whether a device has these tensor cores, and what launches need to know of it.
struct Fp8Device {
    bool usable = false;
    int units = 0; ///< multiprocessors
    TensorMapEncoder encoder;
};
/// Usable: compute capability 9.0, for which the code was made, and a driver that encodes tensor maps.
Fp8Device findFp8Device(int device);

/// A weight as the kernel takes it, in device memory for experts.
struct Fp8Weight {
    CUtensorMap map;
    const float *scale = nullptr; ///< [ceil(rows / 128), cols / 128]
};

/// One matrix of every expert of a layer.
struct Fp8Experts {
    memory::Buffer table;        ///< Fp8Weight [experts], in device memory, on 128 bytes
    std::vector<Fp8Weight> host; ///< the same; stays as long as the copy may be under way
    int experts = 0;             ///< 0: the kernel cannot take them
    int rows = 0;
    int cols = 0;
};

/// How the work is cut. Results do not depend on it.
struct Fp8Plan {
    int tileTokens = 256; ///< 64, 128 or 256
    bool pairs = true;    ///< of blocks that share the tokens they copied
};
/// For `tokens` rows in all, spread evenly over the experts.
Fp8Plan planFp8(const Fp8Device &device, int rows, int tokens, int experts);

/// E4M3 in blocks of 128 x 128, columns a multiple of 128, rows of 8, data on 16 bytes, no bias.
bool canMultiplyFp8(const Fp8Device &device, const Matrix &weight);
/// And rows of the result on 16 bytes.
bool canMultiplyFp8(const Fp8Device &device, const QuantisedRows &x, const Matrix &weight, const Rows &out);

/// out = or += x · Wᵀ.
void multiplyFp8(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Matrix &weight, const Rows &out,
                 bool accumulate);
void multiplyFp8(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Matrix &weight, const Rows &out,
                 bool accumulate, const Fp8Plan &plan);

/// For up to maxExperts weights of one shape, each of which canMultiplyFp8(); without experts where one cannot.
Fp8Experts prepareFp8Experts(const Fp8Device &device, std::span<const Matrix> weights, memory::MemorySpace &memory);
bool canMultiplyFp8(const QuantisedRows &x, const Fp8Experts &weights, const Rows &out);

/// out[i] = x[i] · W_eᵀ for the rows offsets[e] ≤ i < offsets[e + 1] of every expert e; `offsets` [experts + 1], in
/// device memory, ascending from 0 to at most x.rows. Segments may begin anywhere and be empty; rows that belong to no
/// segment are left alone.
void multiplyFp8Grouped(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Fp8Experts &weights,
                        const std::int32_t *offsets, const Rows &out);
void multiplyFp8Grouped(Queue &queue, const Fp8Device &device, const QuantisedRows &x, const Fp8Experts &weights,
                        const std::int32_t *offsets, const Rows &out, const Fp8Plan &plan);

} // namespace engine::backend::cuda
