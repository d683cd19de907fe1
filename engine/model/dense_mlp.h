#pragma once
// The feed-forward part of a layer without experts.

#include "engine/model/activations.h"
#include "engine/model/weights.h"

namespace engine::model {

class DenseMlp {
public:
    DenseMlp(const ModelConfig &config, const MlpWeights &weights);

    backend::InputRounding inputs() const { return m_mlp.gate.inputs; } ///< as attention's
    /// hidden += down(SiLU(gate normed) ⊙ up normed)
    void run(backend::Backend &backend, Activations &activations, int tokens) const;

private:
    backend::Mlp m_mlp;
};

} // namespace engine::model
