#pragma once
// DeepSeekMoE (2401.06066): routed experts weighted by the router, shared experts for every token.

#include "engine/model/router.h"

#include <optional>
#include <vector>

namespace engine::model {

class Moe {
public:
    Moe(const ModelConfig &config, const MoeWeights &weights);

    /// Shows the backend the experts; the object must stay where it is.
    void prepare(backend::Backend &backend) const;
    backend::InputRounding inputs() const { return m_experts.front().gate.inputs; } ///< as attention's
    /// hidden += Σ gate · expert(normed) + shared(normed); the routes go to MoE row `row`.
    void run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int row) const;

private:
    Router m_router;
    std::vector<backend::Mlp> m_experts;
    std::optional<backend::Mlp> m_shared;
    int m_topK;
};

} // namespace engine::model
