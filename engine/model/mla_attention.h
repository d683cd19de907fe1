#pragma once
// Multi-head latent attention: DeepSeek-V2 report (2405.04434) §2.1.

#include "engine/model/activations.h"
#include "engine/model/weights.h"

#include <optional>

namespace engine::model {

/// Which form takes fewer multiply-adds for `tokens` queries: the expanded one pays (nope + v) · kv_lora_rank per
/// cached token and head once, and saves 2 · kv_lora_rank − nope − v for every query (V3: from 171 tokens on).
backend::AttentionForm cheaperForm(const ModelConfig &config, int tokens);

class MlaAttention {
public:
    /// `config` must outlive this.
    MlaAttention(const ModelConfig &config, const LatentAttentionWeights &weights, float softmaxScale);

    /// How its first products take their inputs.
    backend::InputRounding inputs() const { return m_kvA.inputs; }
    /// hidden += o_proj · attention(normed); writes the chunk's latents into layer `cacheLayer` of its cache.
    void run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int cacheLayer) const;

private:
    void project(backend::Backend &backend, Activations &activations, const Chunk &chunk) const;

    const ModelConfig *m_config;
    float m_softmaxScale;
    std::optional<backend::Matrix> m_qA; ///< nothing when q_lora_rank is null
    backend::Vector m_qANorm;
    backend::Matrix m_qB; ///< q_proj when q_lora_rank is null
    backend::Matrix m_kvA;
    backend::Vector m_kvANorm;
    backend::Matrix m_kvB;
    backend::Matrix m_o;
};

} // namespace engine::model
