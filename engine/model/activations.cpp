#include "engine/model/activations.h"

namespace engine::model {

Activations::Activations(const ModelConfig &config, int chunk, int moeLayers)
    : hidden(chunk, config.hidden_size), normed(chunk, config.hidden_size), queryLatent(chunk, config.q_lora_rank),
      query(chunk, config.num_attention_heads * config.qkHeadDim()),
      keyValue(config.isMla() ? chunk : 0, config.cacheWidth()),
      key(config.isMla() ? 0 : chunk, config.num_key_value_heads * config.head_dim),
      value(config.isMla() ? 0 : chunk, config.num_key_value_heads * config.head_dim),
      attended(chunk, config.num_attention_heads * config.valueHeadDim()), cos(chunk, config.ropeWidth() / 2),
      sin(chunk, config.ropeWidth() / 2), pair(config.num_nextn_predict_layers > 0 ? chunk : 0, 2 * config.hidden_size),
      routeStride(static_cast<std::size_t>(moeLayers) * static_cast<std::size_t>(config.num_experts_per_tok)),
      ids(static_cast<std::size_t>(chunk) * routeStride), gates(ids.size())
{
}

std::uint64_t Activations::bytes() const
{
    std::uint64_t sum = ids.size() * sizeof ids[0] + gates.size() * sizeof gates[0];
    for (const ActivationBuffer *buffer :
         {&hidden, &normed, &queryLatent, &query, &keyValue, &key, &value, &attended, &cos, &sin, &pair})
        sum += buffer->bytes();
    return sum;
}

} // namespace engine::model
