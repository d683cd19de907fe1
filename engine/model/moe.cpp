#include "engine/model/moe.h"

#include "engine/model/operands.h"

namespace engine::model {

Moe::Moe(const ModelConfig &config, const MoeWeights &weights)
    : m_router(config, weights), m_topK(config.num_experts_per_tok)
{
    m_experts.reserve(weights.experts.size());
    for (const MlpWeights &expert : weights.experts)
        m_experts.push_back(mlpOf(expert, config.quantization));
    if (!weights.shared_experts.gate_proj.empty())
        m_shared = mlpOf(weights.shared_experts, config.quantization);
}

void Moe::prepare(backend::Backend &backend) const
{
    backend.prepareExperts(m_experts, m_shared ? &*m_shared : nullptr);
}

void Moe::run(backend::Backend &backend, Activations &activations, int tokens, int row) const
{
    m_router.run(backend, activations, tokens, row);
    const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(m_topK);
    backend::ExpertArgs args;
    args.x = activations.normed.rows(tokens);
    args.experts = m_experts;
    args.shared = m_shared ? &*m_shared : nullptr;
    args.topK = m_topK;
    args.ids = activations.ids.as<std::uint16_t>().data() + first;
    args.weights = activations.gates.as<float>().data() + first;
    args.routeStride = activations.routeStride;
    args.out = activations.hidden.rows(tokens);
    backend.expertFfn(args);
}

} // namespace engine::model
