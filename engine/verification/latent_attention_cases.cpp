// What is attended to is stored by the op under test too, in one call before.

#include "engine/verification/cache_view.h"
#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

namespace engine::verification {

namespace {

constexpr int heads = 5;
constexpr int nope = 24;
constexpr int rope = 16;
constexpr int value = 20;
constexpr int latent = 48;
constexpr int width = latent + rope;

struct LatentShape {
    int tokens;
    int start;
    memory::CacheType type;
};

backend::WorkspaceShape workspaceOf(int tokens)
{
    backend::WorkspaceShape shape;
    shape.tokens = tokens;
    shape.heads = heads;
    shape.nopeWidth = nope;
    shape.ropeWidth = rope;
    shape.valueWidth = value;
    shape.latentWidth = latent;
    return shape;
}

backend::LatentCache fill(const memory::KvCache &cache, int tokens, backend::Backend &backend, Placed &placed)
{
    const RandomMatrix norm(memory::DType::F32, 1, latent, 12);
    backend::LatentArgs args;
    args.norm = placed.vector({norm.view().data, memory::DType::F32, latent});
    args.eps = 1e-6F;
    args.rope = {placed.copy(std::vector<float>(area(tokens, rope / 2), 0.0F)),
                 placed.copy(std::vector<float>(area(tokens, rope / 2), 1.0F)), backend::RopePairs::Adjacent};
    static_cast<backend::CachePages &>(args.cache) = viewOf(cache, 1, 0);
    args.cache.latentWidth = latent;
    args.cache.ropeWidth = rope;
    args.kv = placed.rows(randomFloats(area(tokens, width), 11), tokens, width);
    backend.storeLatent(args);
    return args.cache;
}

std::vector<float> runLatent(const LatentShape &shape, backend::Backend &backend, Placed &placed)
{
    const int total = shape.start + shape.tokens;
    backend.reserve(workspaceOf(total));
    memory::KvCache cache({.layers = 2, .width = width, .capacity = total, .type = shape.type, .latentWidth = latent},
                          backend.memory());
    cache.reserve(total);
    const RandomMatrix kvB(memory::DType::BF16, heads * (nope + value), latent, 13);
    const int qWidth = heads * (nope + rope);
    backend::MlaArgs args;
    args.heads = heads;
    args.nopeWidth = nope;
    args.valueWidth = value;
    args.softmaxScale = 0.2F;
    args.q = placed.rows(randomFloats(area(shape.tokens, qWidth), 14, 2.0F), shape.tokens, qWidth);
    args.kvB = placed.matrix(kvB.view());
    args.cache = fill(cache, total, backend, placed);
    args.cache.start = shape.start;
    args.out = placed.rows(std::vector<float>(area(shape.tokens, heads * value)), shape.tokens, heads * value);
    backend.mlaAttention(args);
    return placed.read(args.out);
}

} // namespace

void addLatentAttentionCases(OpCases &cases)
{
    for (const auto type : {memory::CacheType::F32, memory::CacheType::BF16}) {
        for (const int start : {0, 61, 200}) {
            for (const int tokens : caseTokens) {
                const LatentShape shape{tokens, start, type};
                cases.push_back({"mlaAttention",
                                 tokensText(tokens) + " after " + std::to_string(start) + ", " +
                                     (type == memory::CacheType::F32 ? "F32" : "BF16") + " cache",
                                 attentionTolerance, [shape](backend::Backend &backend, Placed &placed) {
                                     return runLatent(shape, backend, placed);
                                 }});
            }
        }
    }
}

} // namespace engine::verification
