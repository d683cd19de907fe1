#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

namespace engine::verification {

namespace {

using memory::DType;

struct LinearShape {
    DType dtype;
    int rows;
    int cols;
    int tokens;
    bool accumulate; ///< else with a bias
    unsigned seed;
};

std::vector<float> runLinear(const LinearShape &shape, backend::Backend &backend, Placed &placed)
{
    const RandomMatrix weight(shape.dtype, shape.rows, shape.cols, shape.seed);
    const auto x = randomFloats(area(shape.tokens, shape.cols), shape.seed + 1);
    const auto before = randomFloats(area(shape.tokens, shape.rows), shape.seed + 2);
    const auto bias = randomFloats(static_cast<std::size_t>(shape.rows), shape.seed + 3);
    backend::Matrix matrix = weight.view();
    if (!shape.accumulate)
        matrix.bias = {bias.data(), DType::F32, shape.rows};
    const backend::Rows out = placed.rows(before, shape.tokens, shape.rows);
    backend.linear(placed.rows(x, shape.tokens, shape.cols), placed.matrix(matrix), out, shape.accumulate);
    return placed.read(out);
}

void addLinearCase(OpCases &cases, const LinearShape &shape)
{
    const std::string text = std::string(memory::dtypeName(shape.dtype)) + " " + std::to_string(shape.rows) + " x " +
                             std::to_string(shape.cols) + ", " + tokensText(shape.tokens) +
                             (shape.accumulate ? ", added" : ", biased");
    const bool rounded = shape.tokens > 8 && shape.dtype != DType::F32;
    cases.push_back({"linear", text, rounded ? roundedTolerance : exactTolerance,
                     [shape](backend::Backend &backend, Placed &placed) { return runLinear(shape, backend, placed); }});
}

} // namespace

void addLinearCases(OpCases &cases)
{
    unsigned seed = 1;
    for (const DType dtype : {DType::F32, DType::BF16, DType::F16, DType::F8_E4M3}) {
        for (const auto &[rows, cols] : {std::pair(7, 45), std::pair(70, 256), std::pair(130, 400)}) {
            for (const int tokens : caseTokens) {
                for (const bool accumulate : {false, true})
                    addLinearCase(cases, {dtype, rows, cols, tokens, accumulate, seed += 4});
            }
        }
    }
}

} // namespace engine::verification
