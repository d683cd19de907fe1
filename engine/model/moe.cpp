#include "engine/model/moe.h"

#include "engine/model/operands.h"

#include <algorithm>

namespace engine::model {

Moe::Moe(const ModelConfig &config, const MoeWeights &weights)
    : m_router(config, weights), m_topK(config.num_experts_per_tok)
{
    m_experts.reserve(weights.experts.size());
    for (const MlpWeights &expert : weights.experts)
        m_experts.push_back(mlpOf(expert, config.quantization));
    const auto isExact = [](const backend::Mlp &mlp) { return mlp.gate.inputs == backend::InputRounding::None; };
    if (std::any_of(m_experts.begin(), m_experts.end(), isExact)) { // all or none
        for (backend::Mlp &mlp : m_experts)
            mlp.gate.inputs = mlp.up.inputs = mlp.down.inputs = backend::InputRounding::None;
    }
    if (!weights.shared_experts.gate_proj.empty())
        m_shared = mlpOf(weights.shared_experts, config.quantization);
}

void Moe::prepare(backend::Backend &backend) const
{
    backend.prepareExperts(m_experts, m_shared ? &*m_shared : nullptr);
}

void Moe::run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int row) const
{
    m_router.run(backend, activations, chunk, row);
    const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(m_topK);
    backend::ExpertArgs args;
    args.x = activations.normed.rows(chunk.tokens);
    args.experts = m_experts;
    args.shared = m_shared ? &*m_shared : nullptr;
    args.topK = m_topK;
    args.ids = chunk.routes.ids + first;
    args.weights = chunk.routes.gates + first;
    args.routeStride = chunk.routes.stride;
    args.out = activations.hidden.rows(chunk.tokens);
    backend.expertFfn(args);
}

} // namespace engine::model
