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

/// Tensor cores may take heads of 64 and 128 numbers, whose queries and weights are then rounded.
double toleranceFor(const GroupedShape &shape)
{
    const bool rounded = (shape.width == 64 || shape.width == 128) && shape.tokens * shape.heads > 2 * shape.kvHeads;
    return rounded ? roundedTolerance : attentionTolerance;
}

void addCase(OpCases &cases, const GroupedShape &shape)
{
    cases.push_back(
        {"gqaAttention",
         std::to_string(shape.heads) + " on " + std::to_string(shape.kvHeads) + " heads of " +
             std::to_string(shape.width) + ", " + tokensText(shape.tokens) + " after " + std::to_string(shape.start),
         toleranceFor(shape),
         [shape](backend::Backend &backend, Placed &placed) { return runGrouped(shape, backend, placed); }});
}

/// Those of the distilled models (Qwen 1.5B, 7B and 14B; Llama 8B and 70B) and of DeepSeek LLM 7B.
constexpr GroupedShape realHeads[] = {{12, 2, 128}, {28, 4, 128}, {40, 8, 128},
                                      {32, 8, 128}, {64, 8, 128}, {32, 32, 128}};

} // namespace

void addGroupedAttentionCases(OpCases &cases)
{
    for (GroupedShape shape :
         {GroupedShape{3, 1, 24}, GroupedShape{8, 2, 64}, GroupedShape{4, 4, 128}, GroupedShape{4, 1, 200}}) {
        for (const int start : {0, 61, 200}) {
            for (const int tokens : caseTokens) {
                shape.start = start;
                shape.tokens = tokens;
                addCase(cases, shape);
            }
        }
    }
    for (GroupedShape shape : realHeads) {
        for (const int tokens : {1, 3, 20}) {
            shape.start = 150;
            shape.tokens = tokens;
            addCase(cases, shape);
        }
    }
}

} // namespace engine::verification
