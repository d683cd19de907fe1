#include "engine/model/gqa_attention.h"

#include "engine/model/operands.h"

namespace engine::model {

namespace {

/// The heads of all tokens as rows of their own; the buffer is dense.
backend::Rows headRows(const backend::Rows &rows, int headWidth)
{
    return {rows.data, rows.rows * (rows.width / headWidth), headWidth, static_cast<std::size_t>(headWidth)};
}

backend::Matrix projectionOf(const Linear &linear, const ModelConfig &config)
{
    return matrixOf(linear, config.quantization);
}

} // namespace

GqaAttention::GqaAttention(const ModelConfig &config, const GroupedQueryWeights &weights, float softmaxScale)
    : m_config(&config), m_softmaxScale(softmaxScale), m_eps(static_cast<float>(config.rms_norm_eps)),
      m_q(projectionOf(weights.q_proj, config)), m_k(projectionOf(weights.k_proj, config)),
      m_v(projectionOf(weights.v_proj, config)), m_o(projectionOf(weights.o_proj, config))
{
    if (config.query_key_norm) {
        m_qNorm = vectorOf(weights.q_norm);
        m_kNorm = vectorOf(weights.k_norm);
    }
}

/// Queries and keys of the chunk, normed and rotated, and values.
void GqaAttention::project(backend::Backend &backend, Activations &activations, const Chunk &chunk) const
{
    const int width = m_config->head_dim;
    const backend::ConstRows input = activations.normed.rows(chunk.tokens);
    const backend::Rows query = activations.query.rows(chunk.tokens);
    const backend::Rows key = activations.key.rows(chunk.tokens);
    const backend::Product products[] = {{&m_q, query}, {&m_k, key}, {&m_v, activations.value.rows(chunk.tokens)}};
    backend.linearGroup(input, products);
    if (m_qNorm) {
        backend.rmsNorm(headRows(query, width), *m_qNorm, m_eps, headRows(query, width));
        backend.rmsNorm(headRows(key, width), *m_kNorm, m_eps, headRows(key, width));
    }
    backend.rope(query, width, width, chunk.rope);
    backend.rope(key, width, width, chunk.rope);
}

void GqaAttention::run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int cacheLayer) const
{
    project(backend, activations, chunk);

    backend::KeyValueArgs stored;
    stored.key = activations.key.rows(chunk.tokens);
    stored.value = activations.value.rows(chunk.tokens);
    static_cast<backend::CachePages &>(stored.cache) = cachePagesOf(chunk, cacheLayer);
    stored.cache.kvHeads = m_config->num_key_value_heads;
    stored.cache.headWidth = m_config->head_dim;
    backend.storeKeyValue(stored);

    backend::GqaArgs attention;
    attention.heads = m_config->num_attention_heads;
    attention.softmaxScale = m_softmaxScale;
    attention.q = activations.query.rows(chunk.tokens);
    attention.cache = stored.cache;
    attention.out = activations.attended.rows(chunk.tokens);
    backend.gqaAttention(attention);
    backend.linear(attention.out, m_o, activations.hidden.rows(chunk.tokens), true);
}

} // namespace engine::model
