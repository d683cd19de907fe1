// Ops that are bound by neither bytes nor products: the router and the choice of the token.

#include "engine/measurement/op_cost.h"
#include "engine/sampling/token_choice.h"
#include "tests/gpu/kernels/kernel_case.h"
#include "tests/gpu/kernels/operands.h"

namespace gpu_kernels {

using engine::memory::DType;
namespace backend = engine::backend;

namespace {

struct Router {
    backend::RouteArgs args;
    std::vector<backend::Matrix> gates;
    Operands operands;

    explicit Router(backend::Backend &device) : operands(device) {}
};

Prepared prepareRouter(backend::Backend &device, int tokens, Sizes sizes)
{
    const int experts = 256;
    backend::WorkspaceShape workspace;
    workspace.tokens = tokens;
    workspace.hidden = sizes.of(7168, 256);
    workspace.experts = experts;
    workspace.topK = 8;
    device.reserve(workspace);
    const auto router = std::make_shared<Router>(device);
    backend::RouteArgs &args = router->args;
    args.x = router->operands.rows(tokens, workspace.hidden);
    args.bias = router->operands.vector(experts);
    args.groups = 8;
    args.keptGroups = 4;
    args.topK = 8;
    args.scale = 2.5F;
    args.ids = router->operands.copy(std::vector<std::uint16_t>(area(tokens, 8)));
    args.weights = router->operands.copy(std::vector<float>(area(tokens, 8)));
    args.outStride = 8;
    args.gate = router->operands.matrix(DType::BF16, experts, workspace.hidden);
    Prepared prepared;
    prepared.cost = engine::measurement::costOfRoute(args);
    prepared.calls = callsBeyondCaches(prepared.cost.bytes(), sizes);
    for (int call = 0; call < prepared.calls; ++call)
        router->gates.push_back(router->operands.matrix(DType::BF16, experts, workspace.hidden));
    prepared.call = [router, &device](int call) {
        backend::RouteArgs ofCall = router->args;
        ofCall.gate = router->gates[static_cast<std::size_t>(call)];
        device.route(ofCall);
    };
    return prepared;
}

struct Choice {
    backend::SampleArgs args;
    Operands operands;

    explicit Choice(backend::Backend &device) : operands(device) {}
};

Prepared prepareChoice(backend::Backend &device, float temperature, Sizes sizes)
{
    backend::WorkspaceShape workspace;
    workspace.vocab = sizes.of(129'280, 2000);
    device.reserve(workspace);
    const auto choice = std::make_shared<Choice>(device);
    engine::sampling::ChoiceSettings settings;
    settings.temperature = temperature;
    settings.definedTokens = workspace.vocab;
    choice->args.logits = choice->operands.rows(1, workspace.vocab);
    choice->args.settings = choice->operands.copy(std::vector{settings});
    choice->args.seen = choice->operands.copy(std::vector<std::uint8_t>(static_cast<std::size_t>(workspace.vocab)));
    choice->args.out = choice->operands.copy(std::vector<engine::sampling::TokenChoice>(1));
    Prepared prepared;
    prepared.cost = engine::measurement::costOfSample(choice->args);
    prepared.calls = 16;
    prepared.call = [choice, &device](int) { device.sample(choice->args); };
    return prepared;
}

} // namespace

void addSmallCases(KernelCases &cases, Sizes sizes)
{
    for (const int tokens : {1, 8}) {
        cases.push_back({"router", "256 experts, " + std::to_string(tokens) + (tokens == 1 ? " token" : " tokens"),
                         Limit::Time, 6.0,
                         [=](backend::Backend &device) { return prepareRouter(device, tokens, sizes); }});
    }
    for (const float temperature : {0.0F, 0.6F}) {
        cases.push_back({"choice of the token", temperature > 0.0F ? "temperature 0.6" : "greedy", Limit::Time, 0.0,
                         [=](backend::Backend &device) { return prepareChoice(device, temperature, sizes); }});
    }
}

} // namespace gpu_kernels
