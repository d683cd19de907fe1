#include "tests/engine/cuda/attention_cases.h"

#include <cmath>

namespace support {

using namespace engine::backend;
using engine::memory::CacheType;
using engine::memory::DType;
using engine::memory::KvCache;

namespace {

std::size_t area(int a, int b)
{
    return static_cast<std::size_t>(a) * static_cast<std::size_t>(b);
}

Rows rowsOf(float *data, int rows, int width)
{
    return {data, rows, width, static_cast<std::size_t>(width)};
}

CachePages pagesOf(const KvCache &cache, int width)
{
    CachePages view;
    view.pages = cache.pages();
    view.layerOffset = cache.layerOffset(1);
    view.pageTokens = KvCache::pageTokens;
    view.dtype = cache.shape().elementType();
    view.width = width;
    return view;
}

WorkspaceShape workspaceOf(const LatentCase &c, int callTokens)
{
    WorkspaceShape shape;
    shape.tokens = callTokens;
    shape.heads = c.heads;
    shape.nopeWidth = c.nope;
    shape.ropeWidth = c.rope;
    shape.valueWidth = c.value;
    shape.latentWidth = c.latent;
    return shape;
}

/// What is not stored afterwards must not be looked at.
void fillWithNan(Backend &backend, const KvCache &cache)
{
    const std::vector<std::byte> nan(cache.shape().bytesPerToken() * KvCache::pageTokens, std::byte{0xFF});
    for (std::byte *page : cache.pages())
        backend.memory().upload(page, nan.data(), nan.size());
    backend.synchronize();
}

/// Random latents of every position, of which none is rotated.
LatentCache storeLatents(const LatentCase &c, Backend &backend, Placed &placed, const KvCache &cache, int total)
{
    const int width = c.latent + c.rope;
    const std::vector<float> ones(area(total, c.rope / 2), 1.0F);
    const std::vector<float> zeros(ones.size(), 0.0F);
    const RandomMatrix norm(DType::F32, 1, c.latent, 12);
    LatentArgs stored;
    stored.kv = rowsOf(placed.copy(randomFloats(area(total, width), 11)), total, width);
    stored.norm = placed.vector({norm.view().data, DType::F32, c.latent});
    stored.eps = 1e-6F;
    stored.rope = {placed.copy(ones), placed.copy(zeros), RopePairs::Adjacent};
    static_cast<CachePages &>(stored.cache) = pagesOf(cache, width);
    stored.cache.latentWidth = c.latent;
    stored.cache.ropeWidth = c.rope;
    backend.storeLatent(stored);
    return stored.cache;
}

} // namespace

std::vector<float> LatentCase::run(Backend &backend, Placed &placed) const
{
    const int total = start + tokens;
    backend.reserve(workspaceOf(*this, std::max(tokens, reserved)));
    KvCache pages({.layers = 2,
                   .width = latent + rope,
                   .capacity = std::max(total, largestStart + tokens),
                   .type = cache,
                   .latentWidth = latent},
                  backend.memory());
    pages.reserve(pages.capacity());
    fillWithNan(backend, pages);
    const RandomMatrix weights(kvB, heads * (nope + value), latent, 13);
    const int qWidth = heads * (nope + rope);
    MlaArgs args;
    args.form = form;
    args.heads = heads;
    args.nopeWidth = nope;
    args.valueWidth = value;
    args.softmaxScale = 0.05F;
    args.q = rowsOf(placed.copy(randomFloats(area(tokens, qWidth), 14, 2.0F)), tokens, qWidth);
    args.kvB = placed.matrix(weights.view());
    args.cache = storeLatents(*this, backend, placed, pages, total);
    args.cache.start = start;
    if (largestStart >= 0) {
        args.cache.start = largestStart;
        args.cache.replayedStart = placed.copy(std::vector<std::int32_t>{start});
    }
    args.out = rowsOf(placed.copy(std::vector<float>(area(tokens, heads * value))), tokens, heads * value);
    backend.mlaAttention(args);
    return placed.read(args.out.data, area(tokens, heads * value));
}

double relativeError(const std::vector<float> &a, const std::vector<float> &b)
{
    double difference = 0.0;
    double size = 1e-30;
    for (std::size_t i = 0; i < b.size(); ++i) {
        difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        size += std::pow(static_cast<double>(b[i]), 2);
    }
    const double error = std::sqrt(difference / size);
    return a.size() == b.size() && std::isfinite(error) ? error : INFINITY;
}

} // namespace support
