#include "engine/model/mtp.h"

#include "engine/model/operands.h"

namespace engine::model {

Mtp::Mtp(const ModelConfig &config, const MtpWeights &weights, float softmaxScale)
    : m_embedding(matrixOf(weights.embed_tokens)), m_embeddingNorm(vectorOf(weights.enorm)),
      m_stateNorm(vectorOf(weights.hnorm)), m_projection(matrixOf(weights.eh_proj, config.quantization)),
      m_layer(config, weights.layer, softmaxScale), m_headNorm(vectorOf(weights.shared_head_norm)),
      m_head(matrixOf(weights.shared_head_head, config.quantization)), m_eps(static_cast<float>(config.rms_norm_eps))
{
}

void Mtp::run(backend::Backend &backend, Activations &activations, const Chunk &chunk,
              std::span<const std::int32_t> tokens, const backend::ConstRows &states) const
{
    const backend::Rows hidden = activations.hidden.rows(chunk.tokens);
    const backend::Rows pair = activations.pair.rows(chunk.tokens);
    const int width = hidden.width;
    backend.embed(tokens, m_embedding, hidden);
    backend.rmsNorm(hidden, m_embeddingNorm, m_eps, pair.columns(0, width));
    backend.rmsNorm(states, m_stateNorm, m_eps, pair.columns(width, width));
    backend.linear(pair, m_projection, hidden, false);
    m_layer.run(backend, activations, chunk, 0, 0);
    backend.rmsNorm(hidden, m_headNorm, m_eps, hidden);
}

} // namespace engine::model
