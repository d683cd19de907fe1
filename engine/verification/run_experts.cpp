#include "engine/verification/run_experts.h"

#include "engine/verification/random_operands.h"

namespace engine::verification {

namespace {

constexpr int experts = 6;
constexpr int topK = 2;

void reserve(const ExpertShape &shape, backend::Backend &backend)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.tokens;
    workspace.hidden = shape.hidden;
    workspace.experts = experts;
    workspace.topK = topK;
    workspace.expertWidth = shape.width;
    workspace.mlpWidth = shape.shared;
    workspace.roundedWidth = shape.inputs == backend::InputRounding::None ? 0 : shape.hidden;
    backend.reserve(workspace);
}

backend::Mlp mlpOf(const ExpertShape &shape, int width, unsigned seed, Placed &placed)
{
    const RandomMatrix gate(shape.dtype, width, shape.hidden, seed);
    const RandomMatrix up(shape.dtype, width, shape.hidden, seed + 1);
    const RandomMatrix down(shape.dtype, shape.hidden, width, seed + 2);
    backend::Mlp mlp = placed.mlp({gate.view(), up.view(), down.view()});
    mlp.gate.inputs = mlp.up.inputs = mlp.down.inputs = shape.inputs;
    return mlp;
}

/// Expert 3 is chosen by nobody.
std::vector<std::uint16_t> choices(int tokens)
{
    std::vector<std::uint16_t> ids;
    for (int token = 0; token < tokens; ++token) {
        ids.push_back(static_cast<std::uint16_t>((token * 5) % 3));
        ids.push_back(static_cast<std::uint16_t>(4 + token % 2));
    }
    return ids;
}

} // namespace

std::vector<float> runExperts(const ExpertShape &shape, backend::Backend &backend, Placed &placed)
{
    reserve(shape, backend);
    std::vector<backend::Mlp> routed;
    for (unsigned expert = 0; expert < experts; ++expert)
        routed.push_back(mlpOf(shape, shape.width, 100 * expert, placed));
    const backend::Mlp shared = mlpOf(shape, shape.shared, 900, placed);
    backend.prepareExperts(routed, &shared);
    backend::ExpertArgs args;
    args.x = placed.rows(randomFloats(area(shape.tokens, shape.hidden), 41), shape.tokens, shape.hidden);
    args.experts = routed;
    args.shared = &shared;
    args.topK = topK;
    args.ids = placed.copy(choices(shape.tokens));
    args.weights = placed.copy(randomFloats(area(shape.tokens, topK), 42));
    args.routeStride = topK;
    args.out = placed.rows(randomFloats(area(shape.tokens, shape.hidden), 43), shape.tokens, shape.hidden);
    backend.expertFfn(args);
    return placed.read(args.out);
}

} // namespace engine::verification
