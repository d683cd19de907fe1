#include "engine/backend/cpu/absorbed_attention.h"

#include "engine/backend/cpu/cached_pages.h"
#include "engine/backend/cpu/kernels.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace engine::backend::cpu {

namespace {

// A long context is cut into runs of pages that are attended to independently and merged afterwards. How it is
// cut depends on the length alone, so that the result does not depend on the number of threads.
constexpr int minPagesPerSplit = 8;
constexpr int maxSplitStates = 64; // splits · tokens, bounds the memory
constexpr int minHeadsPerBlock = 4;

int splitsFor(int pages, int tokens)
{
    return std::clamp(pages / minPagesPerSplit, 1, std::max(1, maxSplitStates / tokens));
}

std::size_t size(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// Softmax state of one head: Σ exp(s − max)·c [latentWidth], max, Σ exp(s − max).
struct State {
    State(float *values, int latentWidth) : sum(values), max(values[latentWidth]), weight(values[latentWidth + 1]) {}
    float *sum;
    float &max;
    float &weight;
};

int stateWidth(const MlaArgs &args)
{
    return args.cache.latentWidth + 2;
}

/// Makes room for scores up to `max`, turns `scores` into weights and counts them in.
void addScores(State state, int latentWidth, float *scores, int count, float scale)
{
    const auto n = static_cast<std::size_t>(count);
    const float highest = std::max(state.max, maxOf(scores, n) * scale);
    const float correction = std::exp(state.max - highest);
    if (correction != 1.0F)
        scaleRow(state.sum, correction, static_cast<std::size_t>(latentWidth));
    state.weight = state.weight * correction + expRow(scores, scale, highest, n);
    state.max = highest;
}

} // namespace

void AbsorbedAttention::reserve(const WorkspaceShape &shape, int threads)
{
    const std::size_t rows = size(shape.tokens, shape.heads);
    m_queries.reserve(rows * static_cast<std::size_t>(shape.latentWidth + shape.ropeWidth));
    const std::size_t states = size(std::max(shape.tokens, maxSplitStates), shape.heads);
    m_states.reserve(states * static_cast<std::size_t>(shape.latentWidth + 2));
    m_scoresPerThread = std::max(m_scoresPerThread, size(shape.heads, pageTokens));
    m_scores.reserve(m_scoresPerThread * static_cast<std::size_t>(threads));
}

void AbsorbedAttention::run(Parallel &parallel, const MlaArgs &args, LatentPages &pages)
{
    const int splits = splitsFor(pagesOf(args.cache.start + args.q.rows), args.q.rows);
    absorbQueries(parallel, args);
    attend(parallel, args, pages, splits);
    expandValues(parallel, args, splits);
}

/// Query of a head: [UKᵀ · nope part; rope part], UK the key rows of kv_b_proj.
void AbsorbedAttention::absorbQueries(Parallel &parallel, const MlaArgs &args)
{
    const int latent = args.cache.latentWidth;
    const int width = latent + args.cache.ropeWidth;
    const int headWidth = args.nopeWidth + args.cache.ropeWidth;
    const double cost = static_cast<double>(args.q.rows) * args.heads * args.nopeWidth * latent;
    parallel.split(args.heads, 1, cost, [&](int first, int end, int) {
        for (int head = first; head < end; ++head) {
            float *out = m_queries.data() + size(head, width);
            for (int token = 0; token < args.q.rows; ++token) {
                float *query = out + size(token, args.heads * width);
                std::fill_n(query, latent, 0.0F);
                const float *rotary = args.q.row(token) + size(head, headWidth) + args.nopeWidth;
                std::copy_n(rotary, args.cache.ropeWidth, query + latent);
            }
            MixCall call;
            call.weight = args.kvB;
            call.rowBegin = head * (args.nopeWidth + args.valueWidth);
            call.rows = args.nopeWidth;
            call.cols = latent;
            call.coefficients = args.q.data + size(head, headWidth);
            call.coefficientStride = args.q.stride;
            call.tokens = args.q.rows;
            call.out = out;
            call.outStride = size(args.heads, width);
            mix(call);
        }
    });
}

void AbsorbedAttention::attend(Parallel &parallel, const MlaArgs &args, LatentPages &pages, int splits)
{
    const int tokens = args.q.rows;
    const int pagesPerSplit = (pagesOf(args.cache.start + tokens) + splits - 1) / splits;
    const double cost = static_cast<double>(tokens) * args.heads * (args.cache.start + tokens) *
                        (2 * args.cache.latentWidth + args.cache.ropeWidth);
    // With few tokens and splits the heads keep the threads busy. Every block of heads reads the cache again, so a
    // block is not made smaller than what makes good use of a row.
    const int wanted = parallel.worthwhile(cost) ? 4 * parallel.threads() : 1;
    const int headBlocks = std::clamp(wanted / (splits * tokens), 1, std::max(1, args.heads / minHeadsPerBlock));
    const int headsPerBlock = (args.heads + headBlocks - 1) / headBlocks;
    parallel.run(splits * tokens * headBlocks, cost, [&](int index, int thread) {
        const int split = index / headBlocks / tokens;
        Task task;
        task.token = index / headBlocks % tokens;
        task.firstHead = index % headBlocks * headsPerBlock;
        task.heads = std::min(headsPerBlock, args.heads - task.firstHead);
        task.firstPage = split * pagesPerSplit;
        task.endPage = std::min(task.firstPage + pagesPerSplit, pagesOf(args.cache.start + task.token + 1));
        task.thread = thread;
        if (task.heads <= 0)
            return;
        const std::size_t state =
            size(split * tokens + task.token, args.heads) + static_cast<std::size_t>(task.firstHead);
        attendToPages(args, task, pages, m_states.data() + state * static_cast<std::size_t>(stateWidth(args)),
                      m_scores.data() + m_scoresPerThread * static_cast<std::size_t>(thread));
    });
}

void AbsorbedAttention::attendToPages(const MlaArgs &args, const Task &task, LatentPages &pages, float *states,
                                      float *scores)
{
    const int latent = args.cache.latentWidth;
    const int width = latent + args.cache.ropeWidth;
    for (int head = 0; head < task.heads; ++head) {
        float *state = states + size(head, stateWidth(args));
        std::fill_n(state, latent + 2, 0.0F);
        state[latent] = -std::numeric_limits<float>::infinity();
    }
    for (int page = task.firstPage; page < task.endPage; ++page) {
        const int rows = filledRows(page, args.cache.start + task.token + 1);
        DotCall keys;
        keys.weight = pages.plain(args.cache, page, rows, task.thread);
        keys.rowEnd = rows;
        keys.x = m_queries.data() + size(task.token * args.heads + task.firstHead, width);
        keys.xStride = static_cast<std::size_t>(width);
        keys.tokens = task.heads;
        keys.out = scores;
        keys.outStride = pageTokens;
        dot(keys);
        for (int head = 0; head < task.heads; ++head)
            addScores(State(states + size(head, stateWidth(args)), latent), latent, scores + size(head, pageTokens),
                      rows, args.softmaxScale);
        MixCall values;
        values.weight = keys.weight;
        values.rows = rows;
        values.cols = latent;
        values.coefficients = scores;
        values.coefficientStride = pageTokens;
        values.tokens = task.heads;
        values.out = states;
        values.outStride = static_cast<std::size_t>(stateWidth(args));
        mix(values);
    }
}

/// Merges the splits of each head into the first and multiplies by the value rows of kv_b_proj.
void AbsorbedAttention::expandValues(Parallel &parallel, const MlaArgs &args, int splits)
{
    const int latent = args.cache.latentWidth;
    const int tokens = args.q.rows;
    const double cost = static_cast<double>(tokens) * args.heads * latent * (args.valueWidth + splits);
    const auto stateOf = [&](int split, int token, int head) {
        return State(m_states.data() + size(((split * tokens) + token) * args.heads + head, stateWidth(args)), latent);
    };
    parallel.split(args.heads, 1, cost, [&](int first, int end, int) {
        for (int head = first; head < end; ++head) {
            for (int token = 0; token < tokens; ++token) {
                State merged = stateOf(0, token, head);
                for (int split = 1; split < splits; ++split) {
                    const State other = stateOf(split, token, head);
                    const float highest = std::max(merged.max, other.max);
                    const float keep = std::exp(merged.max - highest);
                    const float add = std::exp(other.max - highest);
                    scaleRow(merged.sum, keep, static_cast<std::size_t>(latent));
                    addScaled(merged.sum, other.sum, add, static_cast<std::size_t>(latent));
                    merged.weight = merged.weight * keep + other.weight * add;
                    merged.max = highest;
                }
                scaleRow(merged.sum, 1.0F / merged.weight, static_cast<std::size_t>(latent));
            }
            DotCall call;
            call.weight = args.kvB;
            call.rowBegin = head * (args.nopeWidth + args.valueWidth) + args.nopeWidth;
            call.rowEnd = call.rowBegin + args.valueWidth;
            call.x = stateOf(0, 0, head).sum;
            call.xStride = size(args.heads, stateWidth(args));
            call.tokens = tokens;
            call.out = args.out.data + size(head, args.valueWidth);
            call.outStride = args.out.stride;
            dot(call);
        }
    });
}

} // namespace engine::backend::cpu
