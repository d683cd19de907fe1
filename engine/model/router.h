#pragma once
// Which experts a token uses. MoE and V2: softmax affinities; V3: sigmoid affinities, and a bias for the choice alone.
// V2 report §2.1.4, V3 report §2.1.2.

#include "engine/model/activations.h"
#include "engine/model/weights.h"

namespace engine::model {

class Router {
public:
    Router(const ModelConfig &config, const MoeWeights &weights);

    /// Ids and gates of the tokens in `normed`, written to MoE row `row` of the chunk's routes.
    void run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int row) const;

private:
    backend::Matrix m_gate;
    backend::RouteArgs m_args; ///< everything but the tokens
};

} // namespace engine::model
