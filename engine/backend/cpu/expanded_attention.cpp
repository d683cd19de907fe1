#include "engine/backend/cpu/expanded_attention.h"

#include "engine/backend/cpu/cached_pages.h"
#include "engine/backend/cpu/kernels.h"

namespace engine::backend::cpu {

namespace {

std::size_t size(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

/// A matrix of floats made here.
Matrix floatMatrix(const float *data, int rows, int cols)
{
    Matrix matrix;
    matrix.data = data;
    matrix.rows = rows;
    matrix.cols = cols;
    return matrix;
}

} // namespace

void ExpandedAttention::reserve(const WorkspaceShape &shape, int threads)
{
    m_shape.tokens = std::max(m_shape.tokens, shape.tokens);
    m_shape.nopeWidth = std::max(m_shape.nopeWidth, shape.nopeWidth);
    m_shape.ropeWidth = std::max(m_shape.ropeWidth, shape.ropeWidth);
    m_shape.valueWidth = std::max(m_shape.valueWidth, shape.valueWidth);
    const int perPosition = m_shape.ropeWidth + m_shape.nopeWidth + m_shape.valueWidth;
    m_perThread = size(pageTokens, perPosition) + size(m_shape.tokens, pageTokens + 2);
    m_scratch.reserve(m_perThread * static_cast<std::size_t>(threads));
}

ExpandedAttention::Head ExpandedAttention::scratchOf(int thread)
{
    Head head{};
    head.thread = thread;
    head.keys = m_scratch.data() + m_perThread * static_cast<std::size_t>(thread);
    head.values = head.keys + size(pageTokens, m_shape.nopeWidth + m_shape.ropeWidth);
    head.queries.scores = head.values + size(pageTokens, m_shape.valueWidth);
    head.queries.max = head.queries.scores + size(m_shape.tokens, pageTokens);
    head.queries.weight = head.queries.max + m_shape.tokens;
    return head;
}

void ExpandedAttention::run(Parallel &parallel, const MlaArgs &args, LatentPages &pages)
{
    const double cached = args.cache.start + args.q.rows;
    const int headWidth = args.nopeWidth + args.valueWidth;
    const double cost = cached * args.heads * headWidth * (args.cache.latentWidth + args.q.rows);
    parallel.split(args.heads, 1, cost, [&](int first, int end, int thread) {
        for (int head = first; head < end; ++head)
            attend(args, head, pages, scratchOf(thread));
    });
}

void ExpandedAttention::attend(const MlaArgs &args, int head, LatentPages &pages, const Head &scratch)
{
    const int keyWidth = args.nopeWidth + args.cache.ropeWidth;
    PageQueries queries = scratch.queries;
    queries.q = args.q.data + size(head, keyWidth);
    queries.qStride = args.q.stride;
    queries.out = args.out.data + size(head, args.valueWidth);
    queries.outStride = args.out.stride;
    queries.count = args.q.rows;
    queries.lastPosition = args.cache.start;
    queries.softmaxScale = args.softmaxScale;
    beginPages(queries, args.valueWidth);
    const int end = args.cache.start + args.q.rows;
    for (int page = 0; page < pagesOf(end); ++page) {
        const int rows = filledRows(page, end);
        expandPage(args, head, pages.floats(args.cache, page, rows, scratch.thread), scratch);
        attendToPage(queries, floatMatrix(scratch.keys, rows, keyWidth),
                     floatMatrix(scratch.values, rows, args.valueWidth), page, rows);
    }
    endPages(queries, args.valueWidth);
}

/// Keys [kv_b key rows · c; rotary key] and values of one head.
void ExpandedAttention::expandPage(const MlaArgs &args, int head, const Matrix &cached, const Head &scratch)
{
    const auto *latents = static_cast<const float *>(cached.data);
    const int keyWidth = args.nopeWidth + args.cache.ropeWidth;
    DotCall call;
    call.weight = args.kvB;
    call.rowBegin = head * (args.nopeWidth + args.valueWidth);
    call.rowEnd = call.rowBegin + args.nopeWidth;
    call.x = latents;
    call.xStride = static_cast<std::size_t>(cached.cols);
    call.tokens = cached.rows;
    call.out = scratch.keys;
    call.outStride = static_cast<std::size_t>(keyWidth);
    dot(call);
    call.rowBegin = call.rowEnd;
    call.rowEnd = call.rowBegin + args.valueWidth;
    call.out = scratch.values;
    call.outStride = static_cast<std::size_t>(args.valueWidth);
    dot(call);
    for (int row = 0; row < cached.rows; ++row)
        std::copy_n(latents + size(row, cached.cols) + args.cache.latentWidth, args.cache.ropeWidth,
                    scratch.keys + size(row, keyWidth) + args.nopeWidth);
}

} // namespace engine::backend::cpu
