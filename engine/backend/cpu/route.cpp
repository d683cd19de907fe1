#include "engine/backend/cpu/route.h"

#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace engine::backend::cpu {

namespace {

constexpr float excluded = -std::numeric_limits<float>::infinity();

float sigmoid(float x)
{
    return 1.0F / (1.0F + std::exp(-x));
}

/// In place; the largest logit is taken out first, so that no exponential overflows.
void softmax(float *logits, int count)
{
    const float highest = *std::max_element(logits, logits + count);
    float sum = 0.0F;
    for (int i = 0; i < count; ++i) {
        logits[i] = std::exp(logits[i] - highest);
        sum += logits[i];
    }
    for (int i = 0; i < count; ++i)
        logits[i] /= sum;
}

/// Index of the largest value that is not excluded, the first of equals; `count` when all are.
int largest(const float *values, int count)
{
    int best = count;
    for (int i = 0; i < count; ++i) {
        if (values[i] != excluded && (best == count || values[i] > values[best]))
            best = i;
    }
    return best;
}

float sumOfTwoLargest(const float *values, int count)
{
    float first = excluded;
    float second = excluded;
    for (int i = 0; i < count; ++i) {
        if (values[i] > first) {
            second = first;
            first = values[i];
        } else if (values[i] > second) {
            second = values[i];
        }
    }
    return first + second;
}

/// How many groups come before `group` by score, then by index.
int rankOf(int group, const float *groupScores, int groups)
{
    int rank = 0;
    for (int other = 0; other < groups; ++other) {
        const bool ahead =
            groupScores[other] > groupScores[group] || (groupScores[other] == groupScores[group] && other < group);
        rank += ahead ? 1 : 0;
    }
    return rank;
}

/// Excludes the experts of all groups but the keptGroups best. Not 0 but −∞: biased scores may be negative.
void maskGroups(const RouteArgs &args, float *scores, float *groupScores)
{
    if (args.keptGroups == args.groups)
        return;
    const int size = args.gate.rows / args.groups;
    for (int group = 0; group < args.groups; ++group) {
        const float *first = scores + static_cast<std::ptrdiff_t>(group) * size;
        groupScores[group] = args.groupScore == GroupScore::Largest ? *std::max_element(first, first + size)
                                                                    : sumOfTwoLargest(first, size);
    }
    for (int group = 0; group < args.groups; ++group) {
        if (rankOf(group, groupScores, args.groups) >= args.keptGroups)
            std::fill_n(scores + static_cast<std::ptrdiff_t>(group) * size, size, excluded);
    }
}

void chooseExperts(const RouteArgs &args, const float *affinities, float *scores, float *groupScores,
                   std::uint16_t *ids, float *weights)
{
    const int experts = args.gate.rows;
    if (args.bias.size > 0) {
        decodeRow({args.bias.data, args.bias.dtype, 1, experts}, 0, scores);
        addScaled(scores, affinities, 1.0F, static_cast<std::size_t>(experts));
    } else {
        std::copy_n(affinities, experts, scores);
    }
    maskGroups(args, scores, groupScores);
    float sum = 0.0F;
    for (int rank = 0; rank < args.topK; ++rank) {
        const int expert = largest(scores, experts);
        scores[expert] = excluded;
        ids[rank] = static_cast<std::uint16_t>(expert);
        weights[rank] = affinities[expert];
        sum += affinities[expert];
    }
    const float divisor = args.normalise ? sum + 1e-20F : 1.0F;
    for (int rank = 0; rank < args.topK; ++rank)
        weights[rank] = weights[rank] / divisor * args.scale;
}

} // namespace

void Route::reserve(const WorkspaceShape &shape, int threads)
{
    m_perThread = std::max(m_perThread, static_cast<std::size_t>(shape.experts));
    m_affinities.reserve(static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.experts));
    m_scores.reserve(static_cast<std::size_t>(threads) * m_perThread);
    m_groupScores.reserve(static_cast<std::size_t>(threads) * m_perThread);
}

void Route::run(Parallel &parallel, const RouteArgs &args)
{
    const int experts = args.gate.rows;
    const Rows affinities{m_affinities.data(), args.x.rows, experts, static_cast<std::size_t>(experts)};
    linear(parallel, args.x, args.gate, affinities, false);
    const double cost = 20.0 * args.x.rows * experts;
    parallel.split(args.x.rows, 1, cost, [&](int first, int end, int thread) {
        const std::size_t own = static_cast<std::size_t>(thread) * m_perThread;
        for (int token = first; token < end; ++token) {
            float *row = affinities.row(token);
            if (args.affinity == Affinity::Softmax)
                softmax(row, experts);
            else
                std::transform(row, row + experts, row, sigmoid);
            const std::size_t out = static_cast<std::size_t>(token) * args.outStride;
            chooseExperts(args, row, m_scores.data() + own, m_groupScores.data() + own, args.ids + out,
                          args.weights + out);
        }
    });
}

} // namespace engine::backend::cpu
