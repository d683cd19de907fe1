#include "engine/model/router.h"

#include "engine/model/operands.h"

namespace engine::model {

Router::Router(const ModelConfig &config, const MoeWeights &weights) : m_gate(matrixOf(weights.gate))
{
    const memory::Tensor &bias = weights.e_score_correction_bias;
    m_bias.reserve(bias.elements());
    for (std::uint64_t i = 0; i < bias.elements(); ++i)
        m_bias.push_back(bias.at(i));
    m_args.groups = config.n_group;
    m_args.keptGroups = config.topk_group;
    m_args.topK = config.num_experts_per_tok;
    m_args.normalise = config.norm_topk_prob;
    m_args.scale = static_cast<float>(config.routed_scaling_factor);
}

void Router::run(backend::Backend &backend, Activations &activations, int tokens, int row) const
{
    const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(m_args.topK);
    backend::RouteArgs args = m_args;
    args.gate = m_gate;
    args.bias = m_bias.data();
    args.x = activations.normed.rows(tokens);
    args.ids = activations.ids.data() + first;
    args.weights = activations.gates.data() + first;
    args.outStride = activations.routeStride;
    backend.route(args);
}

} // namespace engine::model
