#pragma once
// The ways of expertFfn(), and their scratch memory.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/expert_table.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/linear.h"

namespace engine::backend::cuda {

struct ExpertScratch {
    memory::Buffer inner;    ///< SiLU(gate x) ⊙ up x: [tokens · topK, expertWidth], then [tokens, mlpWidth]; or BF16
    memory::Buffer outputs;  ///< what each expert gave, unweighted: [tokens · topK, hidden]; or its gate products
    memory::Buffer groups;   ///< see Groups
    memory::Buffer counters; ///< [tokens one by one, rows of blocks of the result]; all zero between two ops
    std::vector<unsigned> zeros; ///< stays as long as the copy may be under way
    std::size_t sharedFirst = 0; ///< where the shared part of `inner` begins, in floats

    void reserve(const WorkspaceShape &shape, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return inner.size() + outputs.size() + groups.size(); }
};

/// From one more token on, the tokens of an expert are worth being put together.
constexpr int maxTokensOneByOne = 8;

/// Up to that many, from memory straight to tensor cores without losing a bit of an input: two launches.
bool canStream(const ExpertArgs &args, const Mlp &mlp);
/// `joined`: args.shared, too, in the same launches.
void expertsStreamed(Queue &queue, const ExpertArgs &args, const ExpertTable &table, bool joined,
                     ExpertScratch &scratch, LinearScratch &linearScratch);
bool canJoin(const ExpertArgs &args, const ExpertTable &table, const LinearScratch &linearScratch);
void denseMlpStreamed(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch,
                      LinearScratch &linearScratch);

/// Each token by itself, in F32, whatever the type: two launches.
void expertsOneByOne(Queue &queue, const ExpertArgs &args, const ExpertTable &table, ExpertScratch &scratch);
void denseMlpOneByOne(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch);

/// On tensor cores, the tokens of an expert together; `x` is args.x. Needs ExpertTable::tiles.
void expertsGrouped(Queue &queue, const ExpertArgs &args, const RoundedRows &x, const ExpertTable &table,
                    ExpertScratch &scratch, const LinearScratch &linearScratch);

/// The same for a dense or shared MLP whose gate and up are of one kind.
bool canTile(const ExpertArgs &args, const Mlp &mlp);
bool canFuse(const Mlp &mlp);
void denseMlpTiled(Queue &queue, const ExpertArgs &args, const RoundedRows &x, const Mlp &mlp, ExpertScratch &scratch,
                   LinearScratch &linearScratch);
/// gate ← SiLU(gate) ⊙ up
void swiglu(Queue &queue, const Rows &gate, const ConstRows &up);
/// Three products and that pass between them, for all others.
void denseMlpProducts(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch,
                      LinearScratch &linearScratch);

/// out += down(SiLU(gate x) ⊙ up x) of the chosen experts and of the shared or dense MLP.
void expertFfn(Queue &queue, const ExpertArgs &args, const ExpertTable *table, ExpertScratch &scratch,
               LinearScratch &linearScratch);

} // namespace engine::backend::cuda
