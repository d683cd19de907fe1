#pragma once
// sample(), and the memory it works in.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/memory/buffer.h"

namespace engine::backend::cuda {

struct SampleScratch {
    memory::Buffer memory;
    int vocab = 0;

    void reserve(int tokens, memory::MemorySpace &space);
    std::uint64_t bytes() const { return memory.size(); }
};

/// Three launches.
void sample(Queue &queue, const SampleArgs &args, SampleScratch &scratch);

} // namespace engine::backend::cuda
