#pragma once
// The ways of linear() and expertFfn() where the inputs are rounded to E4M3 (Matrix::inputs).

#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/gemm_fp8.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/quantise.h"

namespace engine::backend::cuda {

/// Scratch memory of expertFfn() with rounded inputs.
struct QuantisedExpertScratch {
    QuantisedMemory inner;  ///< SiLU(gate x) ⊙ up x, of the routed or the shared experts
    QuantisedMemory sorted; ///< the tokens in the order of their experts
    memory::Buffer order;   ///< of the tokens by their experts, see experts_quantised_tiled.cu

    void reserve(const WorkspaceShape &shape, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return inner.bytes() + sorted.bytes() + order.size(); }
};

/// The experts of a layer for the tensor cores of compute capability 9.0.
struct Fp8ExpertTables {
    Fp8Experts gate;
    Fp8Experts up;
    Fp8Experts down;
};

/// What the ways below have in common: FP8 weights whose rows start on 16 bytes, with blocks of 128 columns or no
/// scale.
bool canMultiplyQuantised(const Matrix &weight);

/// Up to maxStreamTokens: from memory straight to the tensor cores.
void streamQuantised(Queue &queue, const QuantisedRows &x, std::span<const Product> products, bool accumulate,
                     LinearScratch &scratch);
/// More: through tiles.
void tiledQuantised(Queue &queue, const QuantisedRows &x, const Matrix &weight, const Rows &out, bool accumulate);
/// Any shape, on the ordinary cores.
void plainQuantised(Queue &queue, const QuantisedRows &x, const Matrix &weight, const Rows &out, bool accumulate);

void linearQuantised(Queue &queue, const Fp8Device &fp8, const QuantisedRows &x, std::span<const Product> products,
                     bool accumulate, LinearScratch &scratch);

/// What expertFfn() works with.
struct QuantisedExperts {
    const ExpertArgs &args;
    QuantisedRows x; ///< args.x
    InputRounding rounding = InputRounding::None;
    ExpertScratch &scratch;
    QuantisedExpertScratch &quantised;
    LinearScratch &linear;
    const Fp8Device *fp8 = nullptr;
    const Fp8ExpertTables *fp8Experts = nullptr; ///< null: not for these experts
};

void routedQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table);
void sharedQuantised(Queue &queue, const QuantisedExperts &call, const Mlp &mlp);

// The ways of these.
void routedStreamQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table);
void routedTiledQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table);
std::size_t orderBytes(int slots, int experts); ///< of QuantisedExpertScratch::order
void routedPlainQuantised(Queue &queue, const QuantisedExperts &call, const ExpertTable &table);
/// inner ← SiLU(gate x) ⊙ up x for up to maxStreamTokens.
void gateUpStreamQuantised(Queue &queue, const QuantisedExperts &call, const Mlp &mlp, const QuantisedSpace &inner);

} // namespace engine::backend::cuda
