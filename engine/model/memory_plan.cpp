#include "engine/model/memory_plan.h"

#include "engine/error.h"
#include "engine/memory/available_memory.h"
#include "engine/memory/kv_cache.h"
#include "engine/model/activation_choice.h"
#include "engine/model/detail/message.h"
#include "engine/model/model_buffers.h"
#include "engine/model/model_files.h"

#include <algorithm>

namespace engine::model {

static_assert(MemoryPlan::pageTokens == memory::KvCache::pageTokens);

namespace {

/// `chosen`: somebody wanted this context; else it is the smallest there is.
[[noreturn]] void failMemory(const MemoryPlan &plan, const DeviceInfo &device, const std::string &folder, bool chosen)
{
    const std::string of = device.id == cpuDevice ? "memory" : "the memory of " + device.name + " (" + device.id + ")";
    const std::string other = device.id == cpuDevice ? "" : ", open it on the CPU";
    const bool smallerWouldFit = chosen && plan.largestContext > 0;
    const std::string needed = exactSize(plan.totalBytes()) + " of " + of + ": weights " + roundSize(plan.weightBytes) +
                               ", cache " + roundSize(plan.kvBytes) + ", buffers " + roundSize(plan.bufferBytes);
    const std::string smaller = "Choose a context of at most " +
                                grouped(static_cast<std::uint64_t>(plan.largestContext)) +
                                " tokens, close other programs" + other + ", or choose a smaller model.";
    throw Error(ErrorCode::OutOfMemory, folder, smallerWouldFit ? "context" : "weights",
                folder + (chosen ? ": with a context of " : ": even with a context of ") +
                    grouped(static_cast<std::uint64_t>(plan.contextLength)) + " tokens the model needs " + needed +
                    ". " + exactSize(plan.availableBytes) + " can be had now; " + exactSize(plan.missingBytes()) +
                    " are missing. " +
                    (smallerWouldFit ? smaller : "Close other programs" + other + ", or choose a smaller model."));
}

} // namespace

MemoryPlan planMemory(const ModelConfig &config, const PlanRequest &request)
{
    MemoryPlan plan;
    plan.weightBytes = request.weightBytes + (request.device.id == cpuDevice ? 0 : request.deviceExcessBytes);
    plan.maxContextLength = config.max_position_embeddings;
    Devices &devices = request.devices != nullptr ? *request.devices : *machineDevices();
    plan.bufferBytes = bufferBytes(config, devices, request.device, request.threads);
    const int context = request.contextLength > 0 ? request.contextLength : plan.maxContextLength;
    const memory::KvCacheShape cache = cacheShapeOf(config, config.num_hidden_layers, context, request.cache);
    plan.kvBytesPerToken = cache.bytesPerToken();
    plan.cacheFormat = cache.type;
    return plan.with(context, request.availableBytes);
}

MemoryPlan fittingPlan(const ModelConfig &config, PlanRequest request, const std::string &folder)
{
    requireCacheFormat(config, request.cache, folder);
    MemoryPlan plan = planMemory(config, request);
    if (plan.fits())
        return plan;
    if (request.contextLength > 0)
        failMemory(plan, request.device, folder, true);
    const int least = std::min(leastContext, plan.maxContextLength);
    const bool enough = plan.largestContext >= least;
    request.contextLength = enough ? plan.largestContext : least;
    plan = planMemory(config, request);
    if (!enough)
        failMemory(plan, request.device, folder, false);
    return plan;
}

} // namespace engine::model

namespace engine {

MemoryPlan planMemory(const std::string &path, int contextLength, int threads, std::uint64_t memoryLimit,
                      const std::string &device, Activations activations, CacheFormat cache)
{
    const auto files = model::openModelFiles(path);
    model::requireCacheFormat(files->config(), cache, path);
    const model::ModelConfig config = model::configFor(*files, activations);
    model::PlanRequest request;
    request.cache = cache;
    request.weightBytes = files->weightBytes();
    request.deviceExcessBytes = files->deviceExcessBytes();
    request.contextLength = contextLength;
    request.threads = threads;
    if (device != cpuDevice)
        request.device = machineDevices()->find(device);
    const std::uint64_t free = device == cpuDevice ? memory::availableMemory() : request.device.memoryFree;
    request.availableBytes = memoryLimit > 0 ? memoryLimit : free;
    return model::planMemory(config, request);
}

} // namespace engine
