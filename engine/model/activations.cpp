#include "engine/model/activations.h"

#include <algorithm>

namespace engine::model {

Activations::Activations(const ModelConfig &config, int chunk, int moeLayers, memory::MemorySpace &memory)
    : tokens(memory.allocate(static_cast<std::size_t>(chunk) * sizeof(std::int32_t))),
      hidden(memory, chunk, config.hidden_size), normed(memory, chunk, config.hidden_size),
      queryLatent(memory, chunk, config.q_lora_rank),
      query(memory, chunk, config.num_attention_heads * config.qkHeadDim()),
      keyValue(memory, config.isMla() ? chunk : 0, config.cacheWidth()),
      key(memory, config.isMla() ? 0 : chunk, config.num_key_value_heads * config.head_dim),
      value(memory, config.isMla() ? 0 : chunk, config.num_key_value_heads * config.head_dim),
      attended(memory, chunk, config.num_attention_heads * config.valueHeadDim()),
      cos(memory, chunk, config.ropeWidth() / 2), sin(memory, chunk, config.ropeWidth() / 2),
      pair(memory, config.num_nextn_predict_layers > 0 ? chunk : 0, 2 * config.hidden_size),
      logits(memory, std::min(chunk, logitRows), config.vocab_size),
      routeStride(static_cast<std::size_t>(moeLayers) * static_cast<std::size_t>(config.num_experts_per_tok)),
      ids(memory.allocate(static_cast<std::size_t>(chunk) * routeStride * sizeof(std::uint16_t))),
      gates(memory.allocate(static_cast<std::size_t>(chunk) * routeStride * sizeof(float)))
{
}

std::uint64_t Activations::bytes() const
{
    std::uint64_t sum = tokens.size() + ids.size() + gates.size();
    for (const ActivationBuffer *buffer :
         {&hidden, &normed, &queryLatent, &query, &keyValue, &key, &value, &attended, &cos, &sin, &pair, &logits})
        sum += buffer->bytes();
    return sum;
}

} // namespace engine::model
