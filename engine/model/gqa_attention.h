#pragma once
// Multi-head and grouped-query attention of the dense models and of DeepSeekMoE 16B (2305.13245).

#include "engine/model/activations.h"
#include "engine/model/weights.h"

#include <optional>

namespace engine::model {

class GqaAttention {
public:
    /// `config` must outlive this.
    GqaAttention(const ModelConfig &config, const GroupedQueryWeights &weights, float softmaxScale);

    /// How its first products take their inputs.
    backend::InputRounding inputs() const { return m_q.inputs; }
    /// hidden += o_proj · attention(normed); writes the chunk's keys and values into layer `cacheLayer` of its cache.
    void run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int cacheLayer) const;

private:
    void project(backend::Backend &backend, Activations &activations, const Chunk &chunk) const;

    const ModelConfig *m_config;
    float m_softmaxScale;
    float m_eps;
    backend::Matrix m_q;
    backend::Matrix m_k;
    backend::Matrix m_v;
    backend::Matrix m_o;
    std::optional<backend::Vector> m_qNorm; ///< both or none
    std::optional<backend::Vector> m_kNorm;
};

} // namespace engine::model
