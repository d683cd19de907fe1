#include "engine/verification/run_experts.h"

namespace engine::verification {

using memory::DType;

void addExpertCases(OpCases &cases)
{
    for (const DType dtype : {DType::F32, DType::BF16, DType::F8_E4M3}) {
        for (const auto &[hidden, width, shared] : {std::tuple(72, 40, 136), std::tuple(256, 144, 272)}) {
            for (const int tokens : caseTokens) {
                const ExpertShape shape{dtype, hidden, width, shared, tokens};
                const bool rounded = tokens > 8 && dtype != DType::F32;
                cases.push_back({"expertFfn",
                                 std::string(memory::dtypeName(dtype)) + " " + std::to_string(width) + " x " +
                                     std::to_string(hidden) + ", " + tokensText(tokens),
                                 rounded ? 2 * roundedTolerance : attentionTolerance,
                                 [shape](backend::Backend &backend, Placed &placed) {
                                     return runExperts(shape, backend, placed);
                                 }});
            }
        }
    }
}

} // namespace engine::verification
