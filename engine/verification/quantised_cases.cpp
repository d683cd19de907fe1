// Products that round their inputs to E4M3. The rounding itself is to be the same to the bit.

#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"
#include "engine/verification/run_experts.h"

namespace engine::verification {

namespace {

using backend::InputRounding;
using memory::DType;

/// Fewer than 9 go one by one, up to 32 straight from memory, more through tiles.
constexpr int quantisedTokens[] = {1, 3, 9, 20, 40, 70};

std::string textOf(InputRounding rounding)
{
    return rounding == InputRounding::E4m3PowerOfTwo ? "inputs E4M3 with powers of two" : "inputs E4M3";
}

struct QuantisedShape {
    int rows;
    int cols;
    int tokens;
    InputRounding rounding;
    bool accumulate; ///< else with a bias
    bool normed;     ///< the inputs come from rmsNormForProducts()
};

void reserve(backend::Backend &backend, int tokens, int width)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = tokens;
    workspace.roundedWidth = width;
    backend.reserve(workspace);
}

std::vector<float> runLinear(const QuantisedShape &shape, backend::Backend &backend, Placed &placed)
{
    reserve(backend, shape.tokens, shape.cols);
    const RandomMatrix weight(DType::F8_E4M3, shape.rows, shape.cols, 11);
    const RandomMatrix other(DType::F8_E4M3, 45, shape.cols, 13);
    const auto bias = randomFloats(static_cast<std::size_t>(shape.rows), 12);
    backend::Matrix matrix = weight.view();
    backend::Matrix second = other.view();
    matrix.inputs = second.inputs = shape.rounding;
    if (!shape.accumulate)
        matrix.bias = {bias.data(), DType::F32, shape.rows};
    const backend::Rows x =
        placed.rows(randomFloats(area(shape.tokens, shape.cols), 14, 3.0F), shape.tokens, shape.cols);
    const backend::Rows out = placed.rows(randomFloats(area(shape.tokens, shape.rows), 15), shape.tokens, shape.rows);
    if (!shape.normed) {
        backend.linear(x, placed.matrix(matrix), out, shape.accumulate);
        return placed.read(out);
    }
    const std::vector<float> ones(static_cast<std::size_t>(shape.cols), 1.0F);
    const backend::Rows more = placed.rows(std::vector<float>(area(shape.tokens, 45)), shape.tokens, 45);
    backend.rmsNormForProducts(x, placed.vector({ones.data(), DType::F32, shape.cols}), 1e-5F, x, shape.rounding);
    const backend::Matrix first = placed.matrix(matrix);
    const backend::Matrix next = placed.matrix(second);
    const backend::Product products[] = {{&first, out}, {&next, more}};
    backend.linearGroup(x, products);
    auto result = placed.read(out);
    for (const float value : placed.read(more))
        result.push_back(value);
    return result;
}

void addLinear(OpCases &cases, const QuantisedShape &shape)
{
    const std::string text = "F8_E4M3 " + std::to_string(shape.rows) + " x " + std::to_string(shape.cols) + ", " +
                             tokensText(shape.tokens) + ", " + textOf(shape.rounding) +
                             (shape.normed       ? ", normed"
                              : shape.accumulate ? ", added"
                                                 : ", biased");
    cases.push_back({"linear", text, shape.normed ? fp8TwiceTolerance : fp8SumTolerance,
                     [shape](backend::Backend &backend, Placed &placed) { return runLinear(shape, backend, placed); }});
}

} // namespace

void addQuantisedLinearCases(OpCases &cases)
{
    for (const InputRounding rounding : {InputRounding::E4m3, InputRounding::E4m3PowerOfTwo}) {
        for (const auto &[rows, cols] : {std::pair(7, 45), std::pair(130, 400), std::pair(200, 1280)}) {
            for (const int tokens : quantisedTokens)
                addLinear(cases, {rows, cols, tokens, rounding, tokens % 2 == 0, false});
        }
    }
    for (const int tokens : {1, 9, 40}) {
        for (const int cols : {45, 400})
            addLinear(cases, {130, cols, tokens, InputRounding::E4m3, false, true});
    }
}

void addQuantisedExpertCases(OpCases &cases)
{
    for (const InputRounding rounding : {InputRounding::E4m3, InputRounding::E4m3PowerOfTwo}) {
        for (const auto &[hidden, width, shared] :
             {std::tuple(72, 40, 136), std::tuple(400, 144, 272), std::tuple(256, 384, 128)}) {
            for (const int tokens : quantisedTokens) {
                const ExpertShape shape{DType::F8_E4M3, hidden, width, shared, tokens, rounding};
                cases.push_back({"expertFfn",
                                 "F8_E4M3 " + std::to_string(width) + " x " + std::to_string(hidden) + ", " +
                                     tokensText(tokens) + ", " + textOf(rounding),
                                 fp8TwiceTolerance, [shape](backend::Backend &backend, Placed &placed) {
                                     return runExperts(shape, backend, placed);
                                 }});
            }
        }
    }
}

} // namespace engine::verification
