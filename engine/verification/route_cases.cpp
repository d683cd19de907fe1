#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

namespace engine::verification {

namespace {

constexpr int hidden = 96;

struct RouteShape {
    int experts;
    int groups;
    int kept;
    int topK;
    int tokens = 0;
    bool sigmoid = false;
};

void reserve(const RouteShape &shape, backend::Backend &backend)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.tokens;
    workspace.experts = shape.experts;
    workspace.topK = shape.topK;
    workspace.hidden = hidden;
    backend.reserve(workspace);
}

/// Ids, then weights.
std::vector<float> resultOf(const backend::RouteArgs &args, std::size_t count, Placed &placed)
{
    std::vector<float> result;
    for (const std::uint16_t id : placed.read(args.ids, count))
        result.push_back(id);
    const auto weights = placed.read(args.weights, count);
    result.insert(result.end(), weights.begin(), weights.end());
    return result;
}

std::vector<float> runRoute(const RouteShape &shape, backend::Backend &backend, Placed &placed)
{
    reserve(shape, backend);
    const RandomMatrix gate(memory::DType::BF16, shape.experts, hidden, 31);
    const auto bias = randomFloats(static_cast<std::size_t>(shape.experts), 32, 0.3F);
    const std::size_t chosen = area(shape.tokens, shape.topK);
    backend::RouteArgs args;
    args.x = placed.rows(randomFloats(area(shape.tokens, hidden), 33), shape.tokens, hidden);
    args.gate = placed.matrix(gate.view());
    args.affinity = shape.sigmoid ? backend::Affinity::Sigmoid : backend::Affinity::Softmax;
    if (shape.sigmoid)
        args.bias = placed.vector({bias.data(), memory::DType::F32, shape.experts});
    args.groupScore = shape.sigmoid ? backend::GroupScore::SumOfTwoLargest : backend::GroupScore::Largest;
    args.groups = shape.groups;
    args.keptGroups = shape.kept;
    args.topK = shape.topK;
    args.normalise = shape.sigmoid;
    args.scale = 2.5F;
    args.ids = placed.copy(std::vector<std::uint16_t>(chosen, 999));
    args.weights = placed.copy(std::vector<float>(chosen));
    args.outStride = static_cast<std::size_t>(shape.topK);
    backend.route(args);
    return resultOf(args, chosen, placed);
}

} // namespace

void addRouteCases(OpCases &cases)
{
    for (RouteShape shape :
         {RouteShape{64, 1, 1, 6}, RouteShape{256, 8, 4, 8}, RouteShape{160, 8, 3, 6}, RouteShape{12, 3, 2, 4}}) {
        for (const bool sigmoid : {true, false}) {
            for (const int tokens : caseTokens) {
                shape.sigmoid = sigmoid;
                shape.tokens = tokens;
                cases.push_back({"route",
                                 std::to_string(shape.topK) + " of " + std::to_string(shape.experts) + " experts, " +
                                     (sigmoid ? "sigmoid, " : "softmax, ") + tokensText(tokens),
                                 exactTolerance, [shape](backend::Backend &backend, Placed &placed) {
                                     return runRoute(shape, backend, placed);
                                 }});
            }
        }
    }
}

} // namespace engine::verification
