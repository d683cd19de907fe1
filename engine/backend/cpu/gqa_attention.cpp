#include "engine/backend/cpu/gqa_attention.h"

#include "engine/backend/cpu/cached_pages.h"

namespace engine::backend::cpu {

namespace {

std::size_t size(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

void attendToAllPages(const PageQueries &queries, const KeyValueCache &cache, int kvHead, int end)
{
    beginPages(queries, cache.headWidth);
    for (int page = 0; page < pagesOf(end); ++page) {
        const int rows = filledRows(page, end);
        attendToPage(queries, headMatrix(cache, page, kvHead, HeadPart::Keys, rows),
                     headMatrix(cache, page, kvHead, HeadPart::Values, rows), page, rows);
    }
    endPages(queries, cache.headWidth);
}

} // namespace

void GqaAttention::reserve(const WorkspaceShape &shape, int threads)
{
    if (shape.kvHeads == 0)
        return;
    m_rows = std::max({m_rows, shape.tokens, shape.heads});
    m_perThread = size(m_rows, pageTokens + 2);
    m_scratch.reserve(m_perThread * static_cast<std::size_t>(threads));
}

PageQueries GqaAttention::scratchOf(int thread)
{
    PageQueries queries;
    queries.scores = m_scratch.data() + m_perThread * static_cast<std::size_t>(thread);
    queries.max = queries.scores + size(m_rows, pageTokens);
    queries.weight = queries.max + m_rows;
    return queries;
}

void GqaAttention::run(Parallel &parallel, const GqaArgs &args)
{
    if (args.q.rows == 1)
        runOneToken(parallel, args);
    else
        runChunk(parallel, args);
}

/// The heads of a group are the queries of one pass over its keys and values.
void GqaAttention::runOneToken(Parallel &parallel, const GqaArgs &args)
{
    const KeyValueCache &cache = args.cache;
    const int group = args.heads / cache.kvHeads;
    const int end = cache.start + 1;
    const double cost = 2.0 * end * args.heads * cache.headWidth;
    parallel.split(cache.kvHeads, 1, cost, [&](int first, int last, int thread) {
        for (int kvHead = first; kvHead < last; ++kvHead) {
            PageQueries queries = scratchOf(thread);
            queries.q = args.q.data + size(kvHead * group, cache.headWidth);
            queries.qStride = static_cast<std::size_t>(cache.headWidth);
            queries.out = args.out.data + size(kvHead * group, cache.headWidth);
            queries.outStride = queries.qStride;
            queries.count = group;
            queries.lastPosition = cache.start;
            queries.step = 0;
            queries.softmaxScale = args.softmaxScale;
            attendToAllPages(queries, cache, kvHead, end);
        }
    });
}

/// The tokens are the queries of one head after the other.
void GqaAttention::runChunk(Parallel &parallel, const GqaArgs &args)
{
    const KeyValueCache &cache = args.cache;
    const int group = args.heads / cache.kvHeads;
    const int end = cache.start + args.q.rows;
    const double cost = 2.0 * args.q.rows * end * args.heads * cache.headWidth;
    parallel.split(args.heads, 1, cost, [&](int first, int last, int thread) {
        for (int head = first; head < last; ++head) {
            PageQueries queries = scratchOf(thread);
            queries.q = args.q.data + size(head, cache.headWidth);
            queries.qStride = args.q.stride;
            queries.out = args.out.data + size(head, cache.headWidth);
            queries.outStride = args.out.stride;
            queries.count = args.q.rows;
            queries.lastPosition = cache.start;
            queries.softmaxScale = args.softmaxScale;
            attendToAllPages(queries, cache, head / group, end);
        }
    });
}

} // namespace engine::backend::cpu
