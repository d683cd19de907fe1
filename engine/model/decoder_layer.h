#pragma once
// x ← x + Attention(RMSNorm(x)), x ← x + FFN(RMSNorm(x)).

#include "engine/model/dense_mlp.h"
#include "engine/model/gqa_attention.h"
#include "engine/model/mla_attention.h"
#include "engine/model/moe.h"

#include <variant>

namespace engine::model {

class DecoderLayer {
public:
    DecoderLayer(const ModelConfig &config, const LayerWeights &weights, float softmaxScale);

    /// To be called once before run(), after the object was moved for the last time.
    void prepare(backend::Backend &backend) const;
    bool hasExperts() const { return std::holds_alternative<Moe>(m_ffn); }

    /// On the residual stream activations.hidden. `cacheLayer` is the layer's place in the cache, `routeRow` its
    /// place among the MoE layers (not used by a dense layer).
    void run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int cacheLayer,
             int routeRow) const;

private:
    backend::Vector m_inputNorm;
    backend::Vector m_postAttentionNorm;
    float m_eps;
    std::variant<MlaAttention, GqaAttention> m_attention;
    std::variant<DenseMlp, Moe> m_ffn;
};

} // namespace engine::model
