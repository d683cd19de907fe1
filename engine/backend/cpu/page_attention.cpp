#include "engine/backend/cpu/page_attention.h"

#include "engine/backend/cpu/cached_pages.h"
#include "engine/backend/cpu/kernels.h"

#include <cmath>
#include <limits>

namespace engine::backend::cpu {

namespace {

std::size_t at(int row, std::size_t stride)
{
    return static_cast<std::size_t>(row) * stride;
}

/// The first row that sees the page at all.
int firstRow(const PageQueries &queries, int page)
{
    if (queries.step == 0)
        return 0;
    return std::clamp(page * pageTokens - queries.lastPosition, 0, queries.count);
}

/// Makes room for the scores of one row, turns them into weights and counts them in; what the row must not see
/// weighs nothing.
void weigh(const PageQueries &queries, int row, float *scores, int visible, int rows, int valueWidth)
{
    const auto count = static_cast<std::size_t>(visible);
    const float highest = std::max(queries.max[row], maxOf(scores, count) * queries.softmaxScale);
    const float correction = std::exp(queries.max[row] - highest);
    if (correction != 1.0F)
        scaleRow(queries.out + at(row, queries.outStride), correction, static_cast<std::size_t>(valueWidth));
    const float added = expRow(scores, queries.softmaxScale, highest, count);
    queries.weight[row] = queries.weight[row] * correction + added;
    queries.max[row] = highest;
    std::fill(scores + visible, scores + rows, 0.0F);
}

} // namespace

void beginPages(const PageQueries &queries, int valueWidth)
{
    std::fill_n(queries.max, queries.count, -std::numeric_limits<float>::infinity());
    std::fill_n(queries.weight, queries.count, 0.0F);
    for (int row = 0; row < queries.count; ++row)
        std::fill_n(queries.out + at(row, queries.outStride), valueWidth, 0.0F);
}

void attendToPage(const PageQueries &queries, const Matrix &keys, const Matrix &values, int page, int rows)
{
    const int first = firstRow(queries, page);
    if (first == queries.count)
        return;
    DotCall dots;
    dots.weight = keys;
    dots.rowEnd = rows;
    dots.x = queries.q + at(first, queries.qStride);
    dots.xStride = queries.qStride;
    dots.tokens = queries.count - first;
    dots.out = queries.scores;
    dots.outStride = pageTokens;
    dot(dots);
    for (int row = first; row < queries.count; ++row) {
        const int visible = std::min(rows, filledRows(page, queries.lastPosition + row * queries.step + 1));
        weigh(queries, row, queries.scores + at(row - first, pageTokens), visible, rows, values.cols);
    }
    MixCall mixed;
    mixed.weight = values;
    mixed.rows = rows;
    mixed.cols = values.cols;
    mixed.coefficients = queries.scores;
    mixed.coefficientStride = pageTokens;
    mixed.tokens = queries.count - first;
    mixed.out = queries.out + at(first, queries.outStride);
    mixed.outStride = queries.outStride;
    mix(mixed);
}

void endPages(const PageQueries &queries, int valueWidth)
{
    for (int row = 0; row < queries.count; ++row)
        scaleRow(queries.out + at(row, queries.outStride), 1.0F / queries.weight[row],
                 static_cast<std::size_t>(valueWidth));
}

} // namespace engine::backend::cpu
