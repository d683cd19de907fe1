#pragma once
// All scratch memory of the ops. The memory plan asks the same code what it would take, without a device.

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/experts.h"
#include "engine/backend/cuda/detail/linear.h"
#include "engine/backend/cuda/detail/linear_quantised.h"
#include "engine/backend/cuda/detail/sample.h"

namespace engine::backend::cuda {

struct Workspace {
    AttentionScratch attention;
    ExpertScratch experts;
    LinearScratch linear; ///< some is taken when the backend is made: products may come before reserve()
    SampleScratch sample;
    memory::Buffer affinities; ///< [tokens, experts]
    QuantisedInputs quantised;
    QuantisedExpertScratch quantisedExperts;

    void reserve(const WorkspaceShape &shape, const DeviceLimits &device, memory::MemorySpace &memory);
    std::uint64_t bytes() const;
};

} // namespace engine::backend::cuda
