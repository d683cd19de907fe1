// Attention of V2-Lite (16 heads), V3 (128 heads), DeepSeek LLM 7B and Llama-3-70B's shape, decoding and in a prompt.

#include "engine/measurement/op_cost.h"
#include "engine/verification/cache_view.h"
#include "tests/gpu/kernels/kernel_case.h"
#include "tests/gpu/kernels/operands.h"

namespace gpu_kernels {

using engine::memory::CacheType;
namespace backend = engine::backend;
namespace measurement = engine::measurement;

namespace {

/// Layers, so that what one call leaves in the cache is of no use to the next.
int layersFor(const engine::memory::KvCacheShape &shape, int positions, Sizes sizes)
{
    return callsBeyondCaches(static_cast<double>(shape.bytesPerToken()) / shape.layers * positions, sizes);
}

template <typename Args>
struct Attention {
    std::vector<Args> layers;
    std::vector<std::byte *> pages;
    Operands operands;

    explicit Attention(backend::Backend &device) : operands(device) {}
};

struct Latent {
    int heads;
    int start;
    int tokens;
    backend::AttentionForm form;
    CacheType cache = CacheType::BF16;
};

backend::WorkspaceShape workspaceOf(const Latent &shape)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.tokens;
    workspace.heads = shape.heads;
    workspace.nopeWidth = 128;
    workspace.ropeWidth = 64;
    workspace.valueWidth = 128;
    workspace.latentWidth = 512;
    return workspace;
}

Prepared prepareLatent(backend::Backend &device, Latent shape, Sizes sizes)
{
    device.reserve(workspaceOf(shape));
    const auto attention = std::make_shared<Attention<backend::MlaArgs>>(device);
    engine::memory::KvCacheShape cacheShape{1, 576, shape.start + shape.tokens, shape.cache, 512};
    cacheShape.layers = shape.form == backend::AttentionForm::Absorbed ? layersFor(cacheShape, shape.start, sizes) : 1;
    const auto &cache = attention->operands.cache(cacheShape, cacheShape.capacity);
    backend::MlaArgs args;
    args.form = shape.form;
    args.heads = shape.heads;
    args.nopeWidth = 128;
    args.valueWidth = 128;
    args.softmaxScale = 0.07F;
    args.q = attention->operands.rows(shape.tokens, shape.heads * 192);
    args.kvB = attention->operands.matrix(engine::memory::DType::BF16, shape.heads * 256, 512);
    args.out = attention->operands.rows(shape.tokens, shape.heads * 128);
    args.cache.latentWidth = 512;
    args.cache.ropeWidth = 64;
    for (int layer = 0; layer < cacheShape.layers; ++layer) {
        static_cast<backend::CachePages &>(args.cache) = engine::verification::viewOf(cache, layer, shape.start);
        attention->layers.push_back(args);
    }
    Prepared prepared;
    prepared.cost = measurement::costOfMlaAttention(args);
    prepared.calls = cacheShape.layers;
    prepared.pages.assign(cache.pages().begin(), cache.pages().end());
    prepared.call = [attention, &device](int call) {
        device.mlaAttention(attention->layers[static_cast<std::size_t>(call)]);
    };
    return prepared;
}

struct Grouped {
    int heads;
    int kvHeads;
    int start;
    int tokens;
};

Prepared prepareGrouped(backend::Backend &device, Grouped shape, Sizes sizes)
{
    constexpr int headWidth = 128;
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.tokens;
    workspace.heads = shape.heads;
    workspace.kvHeads = shape.kvHeads;
    workspace.headWidth = headWidth;
    device.reserve(workspace);
    const auto attention = std::make_shared<Attention<backend::GqaArgs>>(device);
    engine::memory::KvCacheShape cacheShape{1, shape.kvHeads * 2 * headWidth, shape.start + shape.tokens,
                                            CacheType::BF16};
    cacheShape.layers = shape.tokens == 1 ? layersFor(cacheShape, shape.start, sizes) : 1;
    const auto &cache = attention->operands.cache(cacheShape, cacheShape.capacity);
    backend::GqaArgs args;
    args.heads = shape.heads;
    args.softmaxScale = 0.09F;
    args.q = attention->operands.rows(shape.tokens, shape.heads * headWidth);
    args.out = attention->operands.rows(shape.tokens, shape.heads * headWidth);
    args.cache.kvHeads = shape.kvHeads;
    args.cache.headWidth = headWidth;
    for (int layer = 0; layer < cacheShape.layers; ++layer) {
        static_cast<backend::CachePages &>(args.cache) = engine::verification::viewOf(cache, layer, shape.start);
        attention->layers.push_back(args);
    }
    Prepared prepared;
    prepared.cost = measurement::costOfGqaAttention(args);
    prepared.calls = cacheShape.layers;
    prepared.pages.assign(cache.pages().begin(), cache.pages().end());
    prepared.call = [attention, &device](int call) {
        device.gqaAttention(attention->layers[static_cast<std::size_t>(call)]);
    };
    return prepared;
}

std::string nameOf(int heads, int start, int tokens)
{
    return std::to_string(heads) + " heads, " + std::to_string(tokens) + (tokens == 1 ? " token" : " tokens") +
           " after " + std::to_string(start);
}

void add(KernelCases &cases, Latent shape, double target, Sizes sizes)
{
    const bool absorbed = shape.form == backend::AttentionForm::Absorbed;
    cases.push_back({"latent attention",
                     std::string(shape.cache == CacheType::Fp8 ? "FP8" : "BF16") +
                         (absorbed ? " cache, " : " cache, expanded, ") +
                         nameOf(shape.heads, shape.start, shape.tokens),
                     absorbed ? Limit::Bandwidth : Limit::Products, target,
                     [=](backend::Backend &device) { return prepareLatent(device, shape, sizes); }});
}

void add(KernelCases &cases, Grouped shape, Sizes sizes)
{
    cases.push_back({"grouped-query attention",
                     "BF16 cache, " + std::to_string(shape.kvHeads) + " of keys and values, " +
                         nameOf(shape.heads, shape.start, shape.tokens),
                     shape.tokens == 1 ? Limit::Bandwidth : Limit::Products, 0.0,
                     [=](backend::Backend &device) { return prepareGrouped(device, shape, sizes); }});
}

} // namespace

void addAttentionCases(KernelCases &cases, Sizes sizes)
{
    using backend::AttentionForm;
    const int heads = sizes.of(16, 2);
    for (const CacheType type : {CacheType::BF16, CacheType::Fp8}) {
        const double target = type == CacheType::BF16 ? 1.0 : 0.0; // FP8: 1.5 times as fast as BF16
        add(cases, Latent{heads, sizes.of(32'768, 70), 1, AttentionForm::Absorbed, type}, 0.85 * target, sizes);
        add(cases, Latent{heads, sizes.of(131'072, 130), 1, AttentionForm::Absorbed, type}, 0.7 * target, sizes);
        add(cases, Latent{sizes.of(128, 4), sizes.of(32'768, 70), 1, AttentionForm::Absorbed, type}, 0.0, sizes);
        add(cases, Latent{heads, 0, sizes.of(4096, 70), AttentionForm::Expanded, type}, 0.0, sizes);
    }
    add(cases, Grouped{sizes.of(32, 2), sizes.of(32, 2), sizes.of(4096, 70), 1}, sizes);
    add(cases, Grouped{sizes.of(32, 2), sizes.of(32, 2), sizes.of(32'768, 130), 1}, sizes);
    add(cases, Grouped{sizes.of(64, 4), sizes.of(8, 1), sizes.of(32'768, 130), 1}, sizes);
    add(cases, Grouped{sizes.of(64, 4), sizes.of(8, 1), 0, sizes.of(4096, 70)}, sizes);
}

} // namespace gpu_kernels
