#include "engine/model/memory_plan.h"

#include "engine/device_info.h"
#include "engine/memory/kv_cache.h"
#include "engine/model/checkpoint.h"
#include "engine/model/model_buffers.h"

#include <algorithm>

namespace engine::model {

static_assert(MemoryPlan::pageTokens == memory::KvCache::pageTokens);

MemoryPlan planMemory(const ModelConfig &config, const PlanRequest &request)
{
    MemoryPlan plan;
    plan.weightBytes = request.weightBytes;
    plan.maxContextLength = config.max_position_embeddings;
    plan.bufferBytes = bufferBytes(config, request.threads);
    const int context = request.contextLength > 0 ? request.contextLength : plan.maxContextLength;
    plan.kvBytesPerToken = cacheShapeOf(config, config.num_hidden_layers, context).bytesPerToken();
    return plan.with(context, request.availableBytes);
}

} // namespace engine::model

namespace engine {

MemoryPlan planMemory(const std::string &folder, int contextLength, int threads)
{
    const model::ModelConfig config = model::readModelConfig(folder);
    const model::Checkpoint checkpoint(folder);
    model::PlanRequest request;
    request.weightBytes = checkpoint.totalBytes();
    request.contextLength = contextLength;
    request.threads = threads;
    request.availableBytes = listDevices().devices.front().memoryFree;
    return model::planMemory(config, request);
}

} // namespace engine
