#pragma once
// The memory a chunk of tokens passes through, sized once for the largest chunk.

#include "engine/backend/backend.h"
#include "engine/memory/buffer.h"
#include "engine/memory/kv_cache.h"
#include "engine/model/model_config.h"

#include <cstdint>
#include <vector>

namespace engine::model {

/// Activations [tokens, width] of up to `rows` tokens.
class ActivationBuffer {
public:
    ActivationBuffer() = default;
    ActivationBuffer(int rows, int width)
        : m_buffer(static_cast<std::size_t>(rows) * static_cast<std::size_t>(width) * sizeof(float)), m_width(width)
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

struct Activations {
    Activations(const ModelConfig &config, int chunk, int moeLayers);

    ActivationBuffer hidden;        ///< the residual stream, [tokens, hidden_size]
    ActivationBuffer normed;        ///< input of attention, feed-forward or head, [tokens, hidden_size]
    ActivationBuffer queryLatent;   ///< [tokens, q_lora_rank]
    ActivationBuffer query;         ///< [tokens, heads · qkHeadDim()]
    ActivationBuffer keyValue;      ///< MLA: [tokens, kv_lora_rank + rope]
    ActivationBuffer key;           ///< without MLA: [tokens, num_key_value_heads · head_dim]
    ActivationBuffer value;         ///< the same
    ActivationBuffer attended;      ///< [tokens, heads · valueHeadDim()]
    ActivationBuffer cos;           ///< [tokens, ropeWidth() / 2]
    ActivationBuffer sin;           ///< the same
    ActivationBuffer pair;          ///< MTP: [embedding; hidden state], [tokens, 2 · hidden_size]
    std::size_t routeStride = 0;    ///< moeLayers · num_experts_per_tok
    std::vector<std::uint16_t> ids; ///< experts of each token, [tokens, moeLayers, num_experts_per_tok]
    std::vector<float> gates;       ///< their weights, the same shape

    std::uint64_t bytes() const;
};

/// The tokens that pass through the layers together.
struct Chunk {
    int tokens = 0;
    backend::RopeRows rope;
    memory::KvCache *cache = nullptr; ///< reserved; position of the first token: cache->length()
};

} // namespace engine::model
