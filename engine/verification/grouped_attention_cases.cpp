// What is attended to is stored by the op under test too, in one call before.

#include "engine/verification/cache_view.h"
#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

namespace engine::verification {

namespace {

struct GroupedShape {
    int heads;
    int kvHeads;
    int width;
    int tokens = 0;
    int start = 0;
};

backend::KeyValueCache fill(const memory::KvCache &cache, const GroupedShape &shape, backend::Backend &backend,
                            Placed &placed)
{
    const int total = shape.start + shape.tokens;
    const int width = shape.kvHeads * shape.width;
    backend::KeyValueArgs args;
    args.key = placed.rows(randomFloats(area(total, width), 21), total, width);
    args.value = placed.rows(randomFloats(area(total, width), 22), total, width);
    static_cast<backend::CachePages &>(args.cache) = viewOf(cache, 1, 0);
    args.cache.kvHeads = shape.kvHeads;
    args.cache.headWidth = shape.width;
    backend.storeKeyValue(args);
    return args.cache;
}

std::vector<float> runGrouped(const GroupedShape &shape, backend::Backend &backend, Placed &placed)
{
    const int total = shape.start + shape.tokens;
    backend::WorkspaceShape workspace;
    workspace.tokens = total;
    workspace.heads = shape.heads;
    workspace.kvHeads = shape.kvHeads;
    workspace.headWidth = shape.width;
    backend.reserve(workspace);
    memory::KvCache cache(
        {.layers = 2, .width = 2 * shape.kvHeads * shape.width, .capacity = total, .type = memory::CacheType::BF16},
        backend.memory());
    cache.reserve(total);
    const int width = shape.heads * shape.width;
    backend::GqaArgs args;
    args.heads = shape.heads;
    args.softmaxScale = 0.3F;
    args.q = placed.rows(randomFloats(area(shape.tokens, width), 23), shape.tokens, width);
    args.cache = fill(cache, shape, backend, placed);
    args.cache.start = shape.start;
    args.out = placed.rows(std::vector<float>(area(shape.tokens, width)), shape.tokens, width);
    backend.gqaAttention(args);
    return placed.read(args.out);
}

} // namespace

void addGroupedAttentionCases(OpCases &cases)
{
    for (GroupedShape shape :
         {GroupedShape{3, 1, 24}, GroupedShape{8, 2, 64}, GroupedShape{4, 4, 128}, GroupedShape{4, 1, 200}}) {
        for (const int start : {0, 61, 200}) {
            for (const int tokens : caseTokens) {
                shape.start = start;
                shape.tokens = tokens;
                cases.push_back({"gqaAttention",
                                 std::to_string(shape.heads) + " on " + std::to_string(shape.kvHeads) + " heads of " +
                                     std::to_string(shape.width) + ", " + tokensText(tokens) + " after " +
                                     std::to_string(start),
                                 attentionTolerance, [shape](backend::Backend &backend, Placed &placed) {
                                     return runGrouped(shape, backend, placed);
                                 }});
            }
        }
    }
}

} // namespace engine::verification
