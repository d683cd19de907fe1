#pragma once
// Routed and shared experts, and the dense MLP as the case without routed ones. Contract in engine/backend/backend.h.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/parallel.h"
#include "engine/backend/cpu/rounded_inputs.h"

#include <vector>

namespace engine::backend::cpu {

class ExpertFfn {
public:
    void reserve(const WorkspaceShape &shape);
    std::uint64_t scratchBytes() const { return m_gate.bytes() + m_up.bytes() + m_result.bytes(); }
    void run(Parallel &parallel, const ExpertArgs &args, RoundedInputs &rounded);

private:
    /// One MLP with its tokens.
    struct Job {
        const Mlp *mlp = nullptr;
        const std::int32_t *gather = nullptr; ///< rows of x; null: all tokens in order
        int tokens = 0;
        float *gate = nullptr;   ///< [tokens, width], then SiLU(gate) ⊙ up
        float *up = nullptr;     ///< [tokens, width]
        float *result = nullptr; ///< [tokens, hidden]
    };

    void sortByExpert(const ExpertArgs &args);
    void listJobs(const ExpertArgs &args);
    void roundHidden(Parallel &parallel);
    template <typename RowCount, typename Body>
    void runJobs(Parallel &parallel, const RowCount &rowCount, const Body &body);
    void combine(Parallel &parallel, const ExpertArgs &args);

    Scratch m_gate;
    Scratch m_up;
    Scratch m_result;
    std::vector<Job> m_jobs;            ///< experts in ascending order, the shared MLP last
    std::vector<int> m_firstTask;       ///< of each job in the phase that runs, and the end
    std::vector<std::int32_t> m_starts; ///< [experts + 1]: an expert's first index in m_tokens
    std::vector<std::int32_t> m_tokens; ///< [tokens · topK], grouped by expert
    std::vector<std::int32_t> m_places; ///< [tokens · topK]: (token, rank) → index in m_tokens
};

} // namespace engine::backend::cpu
