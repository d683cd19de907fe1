// The experts of a DeepSeek-V3 layer for one token, and many tokens to four experts.

#include "engine/measurement/op_cost.h"
#include "tests/gpu/kernels/kernel_case.h"
#include "tests/gpu/kernels/operands.h"

namespace gpu_kernels {

using engine::memory::DType;
namespace backend = engine::backend;

namespace {

struct Shape {
    int experts;
    int topK;
    int hidden;
    int width;
    int tokens;
};

struct Experts {
    std::vector<backend::Mlp> routed;
    backend::ExpertArgs args;
    std::vector<const std::uint16_t *> choices; ///< one list for each call
    Operands operands;

    Experts(backend::Backend &device, Kind kind, Shape shape) : operands(device)
    {
        for (int expert = 0; expert < shape.experts; ++expert) {
            routed.push_back(operands.mlp(kind.weights, shape.hidden, shape.width));
            for (backend::Matrix *weight : {&routed.back().gate, &routed.back().up, &routed.back().down})
                weight->inputs = kind.inputs;
        }
        for (int first = 0; first < shape.experts; first += shape.topK) {
            std::vector<std::uint16_t> ids;
            for (int i = 0; i < shape.tokens * shape.topK; ++i)
                ids.push_back(static_cast<std::uint16_t>((first + i) % shape.experts));
            choices.push_back(operands.copy(ids));
        }
        args.x = operands.rows(shape.tokens, shape.hidden);
        args.experts = routed;
        args.topK = shape.topK;
        args.weights = operands.copy(std::vector<float>(area(shape.tokens, shape.topK), 0.1F));
        args.routeStride = static_cast<std::size_t>(shape.topK);
        args.out = operands.rows(shape.tokens, shape.hidden);
    }
};

Prepared prepareExperts(backend::Backend &device, Kind kind, Shape shape)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.tokens;
    workspace.hidden = shape.hidden;
    workspace.experts = shape.experts;
    workspace.topK = shape.topK;
    workspace.expertWidth = shape.width;
    workspace.roundedWidth = kind.inputs == backend::InputRounding::None ? 0 : std::max(shape.width, shape.hidden);
    device.reserve(workspace);
    const auto experts = std::make_shared<Experts>(device, kind, shape);
    device.prepareExperts(experts->routed, nullptr);
    Prepared prepared;
    const int chosen = std::min(shape.experts, shape.tokens * shape.topK);
    prepared.cost = engine::measurement::costOfExpertFfn(experts->args, chosen);
    prepared.calls = static_cast<int>(experts->choices.size());
    prepared.call = [experts, &device](int call) {
        backend::ExpertArgs args = experts->args;
        args.ids = experts->choices[static_cast<std::size_t>(call)];
        device.expertFfn(args);
    };
    return prepared;
}

std::string nameOf(const Kind &kind, const Shape &shape)
{
    return nameOf(kind) + " " + std::to_string(shape.topK) + " of " + std::to_string(shape.experts) + ", width " +
           std::to_string(shape.width) + ", hidden " + std::to_string(shape.hidden) + ", " +
           std::to_string(shape.tokens) + " tokens";
}

} // namespace

void addExpertCases(KernelCases &cases, Sizes sizes)
{
    const auto add = [&](Kind kind, Shape shape, Limit limit, double target) {
        cases.push_back({"experts", nameOf(kind, shape), limit, target,
                         [=](backend::Backend &device) { return prepareExperts(device, kind, shape); }});
    };
    const Kind exact{DType::F8_E4M3};
    const Kind rounded{DType::F8_E4M3, backend::InputRounding::E4m3};
    const int hidden = sizes.of(7168, 256);
    const int width = sizes.of(2048, 128);
    const Shape one{sizes.of(32, 16), 8, hidden, width, 1};
    add(exact, one, Limit::Bandwidth, 0.8);
    add(rounded, one, Limit::Bandwidth, 0.8);
    const Shape many{4, 1, hidden, width, sizes.of(4 * 8192, 160)};
    add(exact, many, Limit::Products, 0.0);
    add(rounded, many, Limit::Products, 1150.0);
    const Shape chunk{sizes.of(32, 8), sizes.of(8, 2), hidden, width, sizes.of(2048, 100)};
    add(rounded, chunk, Limit::Products, 0.0);
    add(Kind{DType::BF16},
        Shape{sizes.of(64, 4), sizes.of(6, 2), sizes.of(2048, 256), sizes.of(1408, 128), sizes.of(2048, 100)},
        Limit::Products, 0.0);
}

} // namespace gpu_kernels
