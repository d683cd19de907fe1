#include "engine/model/router.h"

#include "engine/model/operands.h"

namespace engine::model {

Router::Router(const ModelConfig &config, const MoeWeights &weights) : m_gate(matrixOf(weights.gate))
{
    if (!weights.e_score_correction_bias.empty())
        m_args.bias = vectorOf(weights.e_score_correction_bias);
    m_args.groups = config.n_group;
    m_args.keptGroups = config.topk_group;
    m_args.topK = config.num_experts_per_tok;
    m_args.affinity = config.scoring_func == "softmax" ? backend::Affinity::Softmax : backend::Affinity::Sigmoid;
    const bool biased = config.topk_method == "noaux_tc";
    m_args.groupScore = biased ? backend::GroupScore::SumOfTwoLargest : backend::GroupScore::Largest;
    // V3 normalises, then scales. The code of the earlier models scales only what it did not normalise, and does not
    // normalise a single expert.
    m_args.normalise = config.norm_topk_prob && (biased || config.num_experts_per_tok > 1);
    m_args.scale = biased || !m_args.normalise ? static_cast<float>(config.routed_scaling_factor) : 1.0F;
}

void Router::run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int row) const
{
    const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(m_args.topK);
    backend::RouteArgs args = m_args;
    args.gate = m_gate;
    args.x = activations.normed.rows(chunk.tokens);
    args.ids = chunk.routes.ids + first;
    args.weights = chunk.routes.gates + first;
    args.outStride = chunk.routes.stride;
    backend.route(args);
}

} // namespace engine::model
