#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

namespace engine::verification {

namespace {

std::vector<float> runEmbed(memory::DType dtype, backend::Backend &backend, Placed &placed)
{
    constexpr int width = 301;
    const std::vector<std::int32_t> ids{3, 0, 8, 3};
    const RandomMatrix table(dtype, 9, width, 4);
    const auto tokens = static_cast<int>(ids.size());
    const backend::Rows out = placed.rows(std::vector<float>(area(tokens, width)), tokens, width);
    backend.embed(std::span<const std::int32_t>(placed.copy(ids), ids.size()), placed.matrix(table.view()), out);
    return placed.read(out);
}

} // namespace

void addEmbedCases(OpCases &cases)
{
    for (const memory::DType dtype : {memory::DType::F32, memory::DType::BF16, memory::DType::F16})
        cases.push_back(
            {"embed", std::string(memory::dtypeName(dtype)) + " 9 x 301, 4 tokens", 0.0,
             [dtype](backend::Backend &backend, Placed &placed) { return runEmbed(dtype, backend, placed); }});
}

} // namespace engine::verification
