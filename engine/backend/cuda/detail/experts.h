#pragma once
// The two ways of expertFfn(), and their scratch memory.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/expert_table.h"
#include "engine/backend/cuda/detail/launch.h"

namespace engine::backend::cuda {

struct ExpertScratch {
    memory::Buffer inner;        ///< SiLU(gate x) ⊙ up x: [tokens · topK, expertWidth], then [tokens, mlpWidth]
    memory::Buffer outputs;      ///< what each expert gave, unweighted: [tokens · topK, hidden]
    memory::Buffer groups;       ///< see Groups
    std::size_t sharedFirst = 0; ///< where the shared part of `inner` begins, in floats

    void reserve(const WorkspaceShape &shape, memory::MemorySpace &memory);
    std::uint64_t bytes() const { return inner.size() + outputs.size() + groups.size(); }
};

/// From one more token on, the tokens of an expert are worth being put together.
constexpr int maxTokensOneByOne = 8;

/// Each token by itself, in F32: two launches.
void expertsOneByOne(Queue &queue, const ExpertArgs &args, const ExpertTable &table, ExpertScratch &scratch);

/// On tensor cores, the tokens of an expert together. Needs a table with wide rows and a type canTile() takes.
void expertsGrouped(Queue &queue, const ExpertArgs &args, const ExpertTable &table, ExpertScratch &scratch);

/// out += down(SiLU(gate x) ⊙ up x) of the shared or dense MLP.
void denseMlpOneByOne(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch);
bool canTile(const ExpertArgs &args, const Mlp &mlp);
void denseMlpTiled(Queue &queue, const ExpertArgs &args, const Mlp &mlp, ExpertScratch &scratch);

void expertFfn(Queue &queue, const ExpertArgs &args, const ExpertTable *table, ExpertScratch &scratch);

} // namespace engine::backend::cuda
