#include "engine/model/dense_mlp.h"

#include "engine/model/operands.h"

namespace engine::model {

DenseMlp::DenseMlp(const ModelConfig &config, const MlpWeights &weights) : m_mlp(mlpOf(weights, config.quantization)) {}

void DenseMlp::run(backend::Backend &backend, Activations &activations, int tokens) const
{
    backend::ExpertArgs args;
    args.x = activations.normed.rows(tokens);
    args.shared = &m_mlp;
    args.out = activations.hidden.rows(tokens);
    backend.expertFfn(args);
}

} // namespace engine::model
