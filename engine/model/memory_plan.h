#pragma once
// The parts of a MemoryPlan that need no files.

#include "engine/memory_plan.h"
#include "engine/model/model_config.h"

namespace engine::model {

struct PlanRequest {
    std::uint64_t weightBytes = 0;
    int contextLength = 0; ///< 0: the model's own maximum
    int threads = 0;       ///< 0: one per core
    std::uint64_t availableBytes = 0;
};

MemoryPlan planMemory(const ModelConfig &config, const PlanRequest &request);

} // namespace engine::model
