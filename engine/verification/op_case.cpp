#include "engine/verification/op_case.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace engine::verification {

Deviation deviationOf(const std::vector<float> &found, const std::vector<float> &wanted)
{
    constexpr double infinite = std::numeric_limits<double>::infinity();
    if (found.size() != wanted.size())
        return {infinite, infinite};
    Deviation deviation;
    double difference = 0.0;
    double size = 1e-30;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!std::isfinite(found[i]))
            return {infinite, infinite};
        const double error = std::abs(static_cast<double>(found[i]) - static_cast<double>(wanted[i]));
        deviation.largest = std::max(deviation.largest, error);
        difference += error * error;
        size += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
    }
    deviation.relative = std::sqrt(difference / size);
    return deviation;
}

Deviation compare(const OpCase &opCase, backend::Backend &tested, backend::Backend &oracle)
{
    Placed here(tested);
    Placed there(oracle);
    const std::vector<float> found = opCase.run(tested, here);
    return deviationOf(found, opCase.run(oracle, there));
}

std::vector<OpCase> opCases()
{
    std::vector<OpCase> cases;
    addLinearCases(cases);
    addEmbedCases(cases);
    addNormAndRopeCases(cases);
    addLatentAttentionCases(cases);
    addFp8LatentCases(cases);
    addGroupedAttentionCases(cases);
    addRouteCases(cases);
    addExpertCases(cases);
    addQuantisedLinearCases(cases);
    addQuantisedExpertCases(cases);
    return cases;
}

std::string tokensText(int tokens)
{
    return std::to_string(tokens) + (tokens == 1 ? " token" : " tokens");
}

} // namespace engine::verification
