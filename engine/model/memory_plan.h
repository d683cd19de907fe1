#pragma once
// The parts of a MemoryPlan that need no files.

#include "engine/devices.h"
#include "engine/memory_plan.h"
#include "engine/model/model_config.h"

namespace engine::model {

struct PlanRequest {
    std::uint64_t weightBytes = 0;
    int contextLength = 0; ///< 0: the model's own maximum
    int threads = 0;       ///< 0: one per core
    std::uint64_t availableBytes = 0;
    Devices *devices = nullptr; ///< null: those of this machine
    DeviceInfo device{.id = cpuDevice};
    std::uint64_t deviceExcessBytes = 0; ///< of the weights, counted on a device
    CacheFormat cache = CacheFormat::Automatic;
};

MemoryPlan planMemory(const ModelConfig &config, const PlanRequest &request);

/// A context that nobody chose is cut to what fits, but not below this (or the model's own maximum): with less a model
/// is of no use.
inline constexpr int leastContext = MemoryPlan::leastContext;

/// The plan to load a model by. It fits: where the request leaves the context open, that is the largest that does.
/// Throws Error OutOfMemory, file `folder`, with what is needed, what can be had, what is missing and what to do; field
/// "context" where a smaller context would fit, else "weights".
MemoryPlan fittingPlan(const ModelConfig &config, PlanRequest request, const std::string &folder);

} // namespace engine::model
