#pragma once
// Grouped-query attention straight from the pages of the cache, whatever their type.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/page_attention.h"
#include "engine/backend/cpu/parallel.h"

namespace engine::backend::cpu {

class GqaAttention {
public:
    void reserve(const WorkspaceShape &shape, int threads);
    std::uint64_t scratchBytes() const { return m_scratch.bytes(); }
    void run(Parallel &parallel, const GqaArgs &args);

private:
    PageQueries scratchOf(int thread);
    void runOneToken(Parallel &parallel, const GqaArgs &args);
    void runChunk(Parallel &parallel, const GqaArgs &args);

    Scratch m_scratch;
    int m_rows = 0; ///< queries a thread has room for
    std::size_t m_perThread = 0;
};

} // namespace engine::backend::cpu
