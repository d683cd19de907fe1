#pragma once
// Which experts a token uses: sigmoid affinities, a bias for the choice alone, groups. V3 report §2.1.2.

#include "engine/model/activations.h"
#include "engine/model/weights.h"

#include <vector>

namespace engine::model {

class Router {
public:
    Router(const ModelConfig &config, const MoeWeights &weights);

    /// Ids and gates of the tokens in `normed`, written to MoE row `row` of the activations' routes.
    void run(backend::Backend &backend, Activations &activations, int tokens, int row) const;

private:
    backend::Matrix m_gate;
    std::vector<float> m_bias; ///< e_score_correction_bias, F32 whatever the file stores
    backend::RouteArgs m_args; ///< everything but the tokens
};

} // namespace engine::model
