#include "engine/model/memory_plan.h"

#include "engine/device_info.h"
#include "engine/memory/kv_cache.h"
#include "engine/model/model_buffers.h"
#include "engine/model/model_files.h"

#include <algorithm>

namespace engine::model {

namespace {

std::uint64_t pagedBytes(int tokens, std::uint64_t bytesPerToken)
{
    constexpr int page = memory::KvCache::pageTokens;
    const auto pages = static_cast<std::uint64_t>((tokens + page - 1) / page);
    return pages * page * bytesPerToken;
}

int largestContext(const MemoryPlan &plan)
{
    const std::uint64_t fixed = plan.weightBytes + plan.bufferBytes;
    if (fixed > plan.availableBytes)
        return 0;
    constexpr int page = memory::KvCache::pageTokens;
    const std::uint64_t pages = (plan.availableBytes - fixed) / (page * plan.kvBytesPerToken);
    const std::uint64_t tokens = std::min<std::uint64_t>(pages, INT32_MAX / page) * page;
    return std::min(static_cast<int>(tokens), plan.maxContextLength);
}

} // namespace

MemoryPlan planMemory(const ModelConfig &config, const PlanRequest &request)
{
    MemoryPlan plan;
    plan.weightBytes = request.weightBytes;
    plan.maxContextLength = config.max_position_embeddings;
    plan.contextLength =
        request.contextLength > 0 ? std::min(request.contextLength, plan.maxContextLength) : plan.maxContextLength;
    plan.kvBytesPerToken = cacheShapeOf(config, config.num_hidden_layers, plan.contextLength).bytesPerToken();
    plan.kvBytes = pagedBytes(plan.contextLength, plan.kvBytesPerToken);
    plan.bufferBytes = bufferBytes(config, request.threads);
    plan.availableBytes = request.availableBytes;
    plan.largestContext = largestContext(plan);
    return plan;
}

} // namespace engine::model

namespace engine {

MemoryPlan planMemory(const std::string &path, int contextLength, int threads)
{
    const auto files = model::openModelFiles(path);
    model::PlanRequest request;
    request.weightBytes = files->weightBytes();
    request.contextLength = contextLength;
    request.threads = threads;
    request.availableBytes = listDevices().devices.front().memoryFree;
    return model::planMemory(files->config(), request);
}

} // namespace engine
