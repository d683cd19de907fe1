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

    Experts(backend::Backend &device, DType dtype, Shape shape) : operands(device)
    {
        for (int expert = 0; expert < shape.experts; ++expert)
            routed.push_back(operands.mlp(dtype, shape.hidden, shape.width));
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

Prepared prepareExperts(backend::Backend &device, DType dtype, Shape shape)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.tokens;
    workspace.hidden = shape.hidden;
    workspace.experts = shape.experts;
    workspace.topK = shape.topK;
    workspace.expertWidth = shape.width;
    device.reserve(workspace);
    const auto experts = std::make_shared<Experts>(device, dtype, shape);
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

std::string nameOf(DType dtype, const Shape &shape)
{
    return std::string(engine::memory::dtypeName(dtype)) + " " + std::to_string(shape.topK) + " of " +
           std::to_string(shape.experts) + ", width " + std::to_string(shape.width) + ", hidden " +
           std::to_string(shape.hidden) + ", " + std::to_string(shape.tokens) + " tokens";
}

} // namespace

void addExpertCases(KernelCases &cases, Sizes sizes)
{
    const int hidden = sizes.of(7168, 256);
    const int width = sizes.of(2048, 128);
    const Shape one{sizes.of(32, 16), 8, hidden, width, 1};
    cases.push_back({"experts", nameOf(DType::F8_E4M3, one), Limit::Bandwidth, 0.8,
                     [one](backend::Backend &device) { return prepareExperts(device, DType::F8_E4M3, one); }});
    const Shape many{4, 1, hidden, width, sizes.of(4 * 8192, 160)};
    cases.push_back({"experts", nameOf(DType::F8_E4M3, many), Limit::Products, 1150.0,
                     [many](backend::Backend &device) { return prepareExperts(device, DType::F8_E4M3, many); }});
    const Shape lite{sizes.of(64, 4), sizes.of(6, 2), sizes.of(2048, 256), sizes.of(1408, 128), sizes.of(2048, 100)};
    cases.push_back({"experts", nameOf(DType::BF16, lite), Limit::Products, 0.0,
                     [lite](backend::Backend &device) { return prepareExperts(device, DType::BF16, lite); }});
}

} // namespace gpu_kernels
