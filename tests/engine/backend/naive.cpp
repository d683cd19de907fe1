#include "tests/engine/backend/naive.h"

#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace support {

std::vector<double> product(const RandomMatrix &matrix, std::span<const double> x)
{
    std::vector<double> out(static_cast<std::size_t>(matrix.view().rows), 0.0);
    for (std::size_t row = 0; row < out.size(); ++row) {
        for (std::size_t col = 0; col < x.size(); ++col)
            out[row] += matrix.at(static_cast<int>(row), static_cast<int>(col)) * x[col];
    }
    return out;
}

std::vector<double> mlp(const RandomMatrix &gate, const RandomMatrix &up, const RandomMatrix &down,
                        std::span<const double> x)
{
    std::vector<double> inner = product(gate, x);
    const std::vector<double> other = product(up, x);
    for (std::size_t i = 0; i < inner.size(); ++i)
        inner[i] = inner[i] / (1.0 + std::exp(-inner[i])) * other[i];
    return product(down, inner);
}

Choice chooseExperts(std::span<const double> affinities, std::span<const float> bias,
                     const engine::backend::RouteArgs &args)
{
    const std::size_t groupSize = affinities.size() / static_cast<std::size_t>(args.groups);
    std::vector<double> biased(affinities.begin(), affinities.end());
    std::transform(biased.begin(), biased.end(), bias.begin(), biased.begin(), std::plus<>());
    std::vector<std::size_t> groups(static_cast<std::size_t>(args.groups));
    std::iota(groups.begin(), groups.end(), 0U);
    const auto groupScore = [&](std::size_t group) {
        std::vector<double> members(biased.begin() + static_cast<std::ptrdiff_t>(group * groupSize),
                                    biased.begin() + static_cast<std::ptrdiff_t>((group + 1) * groupSize));
        std::sort(members.begin(), members.end(), std::greater<>());
        return members[0] + members[1];
    };
    std::stable_sort(groups.begin(), groups.end(),
                     [&](std::size_t a, std::size_t b) { return groupScore(a) > groupScore(b); });
    groups.resize(static_cast<std::size_t>(args.keptGroups));
    std::sort(groups.begin(), groups.end());

    std::vector<int> candidates;
    for (const std::size_t group : groups) {
        for (std::size_t i = 0; i < groupSize; ++i)
            candidates.push_back(static_cast<int>(group * groupSize + i));
    }
    std::stable_sort(candidates.begin(), candidates.end(), [&](int a, int b) {
        return biased[static_cast<std::size_t>(a)] > biased[static_cast<std::size_t>(b)];
    });
    candidates.resize(static_cast<std::size_t>(args.topK));

    Choice choice{candidates, {}};
    double sum = 0.0;
    for (const int id : candidates)
        sum += affinities[static_cast<std::size_t>(id)];
    for (const int id : candidates)
        choice.weights.push_back(affinities[static_cast<std::size_t>(id)] / (args.normalise ? sum : 1.0) *
                                 static_cast<double>(args.scale));
    return choice;
}

std::vector<std::int64_t> instructionSets()
{
    hwy::SetSupportedTargetsForTest(0);
    std::vector<std::int64_t> targets;
    for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
        const std::int64_t target = rest & -rest;
        if ((target & HWY_SSSE3) == 0) // not compiled
            targets.push_back(target);
    }
    return targets;
}

void useInstructionSet(std::int64_t target)
{
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

} // namespace support
