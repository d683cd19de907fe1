// Products of the sizes of DeepSeek-V3, and BF16 ones of V2-Lite.

#include "engine/measurement/op_cost.h"
#include "tests/gpu/kernels/kernel_case.h"
#include "tests/gpu/kernels/operands.h"

namespace gpu_kernels {

using engine::memory::DType;
namespace backend = engine::backend;

namespace {

struct Shape {
    int rows;
    int cols;
};

struct Products {
    backend::ConstRows x;
    std::vector<backend::Matrix> weights;
    backend::Rows out;
    Operands operands;

    Products(backend::Backend &device, Kind kind, Shape shape, int tokens, Sizes sizes) : operands(device)
    {
        x = operands.rows(tokens, shape.cols);
        out = operands.rows(tokens, shape.rows);
        weights.push_back(operands.matrix(kind.weights, shape.rows, shape.cols));
        const auto cost = engine::measurement::costOfLinear(x, weights.front(), false);
        for (int left = callsBeyondCaches(cost.bytes(), sizes) - 1; left > 0; --left)
            weights.push_back(operands.matrix(kind.weights, shape.rows, shape.cols));
        for (backend::Matrix &weight : weights)
            weight.inputs = kind.inputs;
    }
};

Prepared prepareLinear(backend::Backend &device, Kind kind, Shape shape, int tokens, Sizes sizes)
{
    const auto products = std::make_shared<Products>(device, kind, shape, tokens, sizes);
    backend::WorkspaceShape workspace;
    workspace.tokens = tokens;
    workspace.hidden = shape.cols;
    workspace.mlpWidth = shape.rows;
    workspace.roundedWidth = kind.inputs == backend::InputRounding::None ? 0 : shape.cols;
    device.reserve(workspace);
    Prepared prepared;
    prepared.cost = engine::measurement::costOfLinear(products->x, products->weights.front(), false);
    prepared.calls = static_cast<int>(products->weights.size());
    prepared.call = [products, &device](int call) {
        device.linear(products->x, products->weights[static_cast<std::size_t>(call)], products->out, false);
    };
    return prepared;
}

void add(KernelCases &cases, Kind kind, Shape shape, int tokens, double target, Sizes sizes)
{
    const bool few = tokens <= 32;
    cases.push_back({few ? "products of few tokens" : "products of a prompt",
                     nameOf(kind) + " " + std::to_string(shape.rows) + " x " + std::to_string(shape.cols) + ", " +
                         std::to_string(tokens) + " tokens",
                     few ? Limit::Bandwidth : Limit::Products, target,
                     [=](backend::Backend &device) { return prepareLinear(device, kind, shape, tokens, sizes); },
                     true});
}

} // namespace

std::string nameOf(const Kind &kind)
{
    return std::string(engine::memory::dtypeName(kind.weights)) +
           (kind.inputs == backend::InputRounding::None ? "" : " by FP8 activations");
}

void addLinearCases(KernelCases &cases, Sizes sizes)
{
    const std::vector<Shape> v3 =
        sizes.tiny ? std::vector<Shape>{{192, 256}}
                   : std::vector<Shape>{{2112, 7168}, {24576, 1536}, {7168, 16384}, {4096, 7168}, {7168, 2048}};
    const Kind exact{DType::F8_E4M3};
    const Kind rounded{DType::F8_E4M3, backend::InputRounding::E4m3};
    for (const Shape shape : v3) {
        const bool large = area(shape.rows, shape.cols) >= 16'000'000;
        for (const int tokens : {1, 2, 4, 8, 16, 32})
            add(cases, exact, shape, tokens, large && tokens <= 8 ? 0.8 : 0.0, sizes);
        for (const int tokens : {1, 8, 32})
            add(cases, rounded, shape, tokens, large && tokens <= 8 ? 0.8 : 0.0, sizes);
        for (const Kind kind : {exact, rounded})
            for (const int tokens : {64, 256, sizes.of(4096, 100)})
                add(cases, kind, shape, tokens, 0.0, sizes);
    }
    const Shape lite{sizes.of(4096, 192), sizes.of(2048, 256)};
    for (const int tokens : {1, 8, 32, 64, 256, sizes.of(4096, 100)})
        add(cases, Kind{DType::BF16}, lite, tokens, 0.0, sizes);
    add(cases, Kind{DType::BF16}, Shape{sizes.of(129'280, 384), sizes.of(7168, 256)}, 1, 0.8, sizes); // the head
}

} // namespace gpu_kernels
