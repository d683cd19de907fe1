#pragma once
// The memory a chunk of tokens passes through, sized once for the largest chunk.

#include "engine/backend/backend.h"
#include "engine/memory/buffer.h"
#include "engine/memory/kv_cache.h"
#include "engine/memory/memory_space.h"
#include "engine/model/model_config.h"

#include <cstdint>

namespace engine::model {

/// Activations [tokens, width] of up to `rows` tokens.
class ActivationBuffer {
public:
    ActivationBuffer() = default;
    ActivationBuffer(memory::MemorySpace &memory, int rows, int width)
        : m_buffer(memory.allocate(static_cast<std::size_t>(rows) * static_cast<std::size_t>(width) * sizeof(float))),
          m_width(width)
    {
    }
    std::uint64_t bytes() const { return m_buffer.size(); }
    backend::Rows rows(int count)
    {
        return {m_buffer.as<float>().data(), count, m_width, static_cast<std::size_t>(m_width)};
    }

private:
    memory::Buffer m_buffer;
    int m_width = 0;
};

/// Where the routers of the MoE layers write, in the backend's memory: experts and their weights of each token,
/// [tokens, moeLayers, num_experts_per_tok].
struct Routes {
    std::uint16_t *ids = nullptr;
    float *gates = nullptr;
    std::size_t stride = 0; ///< moeLayers · num_experts_per_tok
};

struct Activations {
    Activations(const ModelConfig &config, int chunk, int moeLayers, memory::MemorySpace &memory);

    memory::Buffer tokens;        ///< int32 [tokens]: what goes in
    ActivationBuffer hidden;      ///< the residual stream, [tokens, hidden_size]
    ActivationBuffer normed;      ///< input of attention, feed-forward or head, [tokens, hidden_size]
    ActivationBuffer queryLatent; ///< [tokens, q_lora_rank]
    ActivationBuffer query;       ///< [tokens, heads · qkHeadDim()]
    ActivationBuffer keyValue;    ///< MLA: [tokens, kv_lora_rank + rope]
    ActivationBuffer key;         ///< without MLA: [tokens, num_key_value_heads · head_dim]
    ActivationBuffer value;       ///< the same
    ActivationBuffer attended;    ///< [tokens, heads · valueHeadDim()]
    ActivationBuffer cos;         ///< [tokens, ropeWidth() / 2]
    ActivationBuffer sin;         ///< the same
    ActivationBuffer pair;        ///< MTP: [embedding; hidden state], [tokens, 2 · hidden_size]
    ActivationBuffer logits;      ///< [logitRows, vocab_size]: as many rows as are computed together
    std::size_t routeStride = 0;  ///< moeLayers · num_experts_per_tok
    memory::Buffer ids;           ///< uint16: experts of each token, [tokens, moeLayers, num_experts_per_tok]
    memory::Buffer gates;         ///< F32: their weights, the same shape

    std::uint64_t bytes() const;
    Routes routes() { return {ids.as<std::uint16_t>().data(), gates.as<float>().data(), routeStride}; }
};

/// Rows of logits that are computed together when those of several tokens are asked for.
inline constexpr int logitRows = 8;

/// The tokens that pass through the layers together.
struct Chunk {
    int tokens = 0;
    backend::RopeRows rope;
    memory::KvCache *cache = nullptr; ///< reserved; position of the first token: cache->length()
    Routes routes{};
    /// In a step that may be recorded: where the position is found, and the largest it can be.
    const std::int32_t *replayedStart = nullptr;
    int largestStart = 0;
};

} // namespace engine::model
