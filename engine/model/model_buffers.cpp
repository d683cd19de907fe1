#include "engine/model/model_buffers.h"

#include "engine/error.h"
#include "engine/model/activations.h"
#include "engine/model/step_buffers.h"
#include "engine/model/transformer.h"

#include <algorithm>

namespace engine::model {

void requireCacheFormat(const ModelConfig &config, CacheFormat format, const std::string &file)
{
    if (format != CacheFormat::Fp8 || config.isMla())
        return;
    throw Error(ErrorCode::UnsupportedFeature, file, "cache",
                (file.empty() ? "The" : file + ": the") +
                    " cache cannot be kept in FP8 (cache fp8), which is for the latents of multi-head latent "
                    "attention; this model (model_type " +
                    config.model_type + ") has none. Choose auto, f32 or bf16.");
}

memory::KvCacheShape cacheShapeOf(const ModelConfig &config, int layers, int capacity, memory::CacheType type)
{
    requireCacheFormat(config, type);
    memory::KvCacheShape shape{config.num_hidden_layers, config.cacheWidth(), capacity, type, config.kv_lora_rank};
    shape.type = shape.resolvedType();
    shape.layers = layers;
    return shape;
}

backend::WorkspaceShape workspaceShapeOf(const ModelConfig &config, int chunk)
{
    backend::WorkspaceShape shape;
    shape.tokens = chunk;
    shape.hidden = config.hidden_size;
    shape.heads = config.num_attention_heads;
    shape.nopeWidth = config.qk_nope_head_dim;
    shape.ropeWidth = config.ropeWidth();
    shape.kvHeads = config.num_key_value_heads;
    shape.headWidth = config.head_dim;
    shape.valueWidth = config.v_head_dim;
    shape.latentWidth = config.kv_lora_rank;
    shape.experts = config.n_routed_experts;
    shape.topK = config.num_experts_per_tok;
    shape.expertWidth = config.moe_intermediate_size;
    shape.mlpWidth = std::max(config.intermediate_size, config.n_shared_experts * config.moe_intermediate_size);
    shape.vocab = config.vocab_size;
    if (config.quantization.activations == engine::Activations::Fp8)
        shape.roundedWidth =
            std::max({config.hidden_size, config.q_lora_rank, config.num_attention_heads * config.valueHeadDim()});
    return shape;
}

int prefillChunkOn(const DeviceInfo &device)
{
    constexpr int manyUnits = 60; // half of the data-centre GPUs of its time
    if (device.id == cpuDevice)
        return defaultPrefillChunk;
    return device.units < manyUnits ? 1024 : 2048;
}

int countMoeLayers(const ModelConfig &config)
{
    int count = 0;
    for (int layer = 0; layer < config.num_hidden_layers; ++layer)
        count += config.isMoeLayer(layer) ? 1 : 0;
    return count;
}

std::uint64_t bufferBytes(const ModelConfig &config, Devices &devices, const DeviceInfo &device, int threads)
{
    const int chunk = prefillChunkOn(device);
    const auto scratch = devices.workspaceBytes(device, workspaceShapeOf(config, chunk), threads);
    // The real thing is made and let go: memory that nobody writes to takes no room, and no size is told twice.
    const Activations activations(config, chunk, std::max(1, countMoeLayers(config)), memory::hostMemory());
    const StepBuffers step(config, countMoeLayers(config), memory::hostMemory());
    return scratch.value_or(0) + activations.bytes() + step.bytes();
}

std::uint64_t bufferBytes(const ModelConfig &config, int threads)
{
    return bufferBytes(config, *machineDevices(), {.id = cpuDevice}, threads);
}

} // namespace engine::model
