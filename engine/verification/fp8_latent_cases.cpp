// The cache of multi-head latents in FP8. Latents are multiples of 1/8, whose squares add up exactly in any order, so
// that all backends must store the same bits.

#include "engine/memory/fp8_latents.h"
#include "engine/verification/cache_view.h"
#include "engine/verification/op_case.h"
#include "engine/verification/random_operands.h"

#include <cmath>

namespace engine::verification {

namespace {

constexpr double sameBits = 0.0;
/// On tensor cores: queries and softmax weights are rounded to F16 (2^-12), rotary queries and what kv_b_proj is
/// multiplied with to BF16.
constexpr double decodeTolerance = 2e-3;
constexpr double expandTolerance = roundedTolerance;

struct Fp8Shape {
    int tokens = 1;
    int start = 0;
    int latent = 512;
    int rope = 64;
    int heads = 16;
    int nope = 24;
    int value = 20;
    backend::AttentionForm form = backend::AttentionForm::Absorbed;

    int width() const { return latent + rope; }
    int total() const { return start + tokens; }
};

backend::WorkspaceShape workspaceOf(const Fp8Shape &shape)
{
    backend::WorkspaceShape workspace;
    workspace.tokens = shape.total();
    workspace.heads = shape.heads;
    workspace.nopeWidth = shape.nope;
    workspace.ropeWidth = shape.rope;
    workspace.valueWidth = shape.value;
    workspace.latentWidth = shape.latent;
    return workspace;
}

/// Every sixth row is zero in one group of 128, every fifth a thousand times as large in another.
std::vector<float> latentRows(const Fp8Shape &shape)
{
    std::vector<float> rows = randomFloats(area(shape.total(), shape.width()), 11, 2.0F);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t row = i / static_cast<std::size_t>(shape.width());
        const std::size_t group = i % static_cast<std::size_t>(shape.width()) / memory::Fp8Latents::groupWidth;
        rows[i] = std::round(8.0F * rows[i]) / 8.0F;
        if (row % 6 == 4 && group == row % 4)
            rows[i] = 0.0F;
        if (row % 5 == 3 && group == row % 3)
            rows[i] *= 16.0F;
    }
    return rows;
}

/// Stores all positions but those before `from`.
backend::LatentCache store(const Fp8Shape &shape, const memory::KvCache &cache, int from, backend::Backend &backend,
                           Placed &placed)
{
    const RandomMatrix norm(memory::DType::F32, 1, shape.latent, 12);
    const int tokens = shape.total() - from;
    const std::size_t angles = area(tokens, shape.rope / 2);
    backend::LatentArgs args;
    args.norm = placed.vector({norm.view().data, memory::DType::F32, shape.latent});
    args.eps = 1e-6F;
    args.rope = {placed.copy(std::vector<float>(angles, 0.5F)), placed.copy(std::vector<float>(angles, -0.75F)),
                 backend::RopePairs::Adjacent};
    static_cast<backend::CachePages &>(args.cache) = viewOf(cache, 1, from);
    args.cache.latentWidth = shape.latent;
    args.cache.ropeWidth = shape.rope;
    const std::vector<float> rows = latentRows(shape);
    const std::vector<float> stored(rows.begin() + static_cast<std::ptrdiff_t>(area(from, shape.width())), rows.end());
    args.kv = placed.rows(stored, tokens, shape.width());
    backend.storeLatent(args);
    return args.cache;
}

memory::KvCache cacheOf(const Fp8Shape &shape, backend::Backend &backend)
{
    memory::KvCache cache({.layers = 2,
                           .width = shape.width(),
                           .capacity = shape.total(),
                           .type = memory::CacheType::Fp8,
                           .latentWidth = shape.latent},
                          backend.memory());
    cache.reserve(shape.total());
    return cache;
}

template <typename T>
void append(std::vector<float> &numbers, const std::vector<std::byte> &bytes, std::size_t offset, int count)
{
    for (int i = 0; i < count; ++i)
        numbers.push_back(static_cast<float>(
            memory::loadUnaligned<T>(bytes.data() + offset + sizeof(T) * static_cast<std::size_t>(i))));
}

/// Codes, bits of the rotary key and scales of the stored tokens.
std::vector<float> runStore(const Fp8Shape &shape, backend::Backend &backend, Placed &placed)
{
    backend.reserve(workspaceOf(shape));
    const memory::KvCache cache = cacheOf(shape, backend);
    store(shape, cache, shape.start, backend, placed);
    const memory::Fp8Latents layout{shape.latent, shape.rope, memory::KvCache::pageTokens};
    std::vector<float> numbers;
    for (int position = shape.start; position < shape.total(); ++position) {
        const int place = position % memory::KvCache::pageTokens;
        const std::byte *page = cache.pages()[static_cast<std::size_t>(position / memory::KvCache::pageTokens)];
        const auto bytes = placed.read(page + cache.layerOffset(1),
                                       layout.bytesPerToken() * static_cast<std::size_t>(memory::KvCache::pageTokens));
        append<std::uint8_t>(numbers, bytes, layout.latentOffset(place), shape.latent);
        append<std::uint16_t>(numbers, bytes, layout.ropeOffset(place), shape.rope);
        append<float>(numbers, bytes, layout.scaleOffset(place), layout.groups());
    }
    return numbers;
}

std::vector<float> runAttention(const Fp8Shape &shape, backend::Backend &backend, Placed &placed)
{
    backend.reserve(workspaceOf(shape));
    const memory::KvCache cache = cacheOf(shape, backend);
    const RandomMatrix kvB(memory::DType::BF16, shape.heads * (shape.nope + shape.value), shape.latent, 13);
    const int qWidth = shape.heads * (shape.nope + shape.rope);
    const int outWidth = shape.heads * shape.value;
    backend::MlaArgs args;
    args.form = shape.form;
    args.heads = shape.heads;
    args.nopeWidth = shape.nope;
    args.valueWidth = shape.value;
    args.softmaxScale = 0.05F;
    args.q = placed.rows(randomFloats(area(shape.tokens, qWidth), 14, 2.0F), shape.tokens, qWidth);
    args.kvB = placed.matrix(kvB.view());
    args.cache = store(shape, cache, 0, backend, placed);
    args.cache.start = shape.start;
    args.out = placed.rows(std::vector<float>(area(shape.tokens, outWidth)), shape.tokens, outWidth);
    backend.mlaAttention(args);
    return placed.read(args.out);
}

std::string textOf(const Fp8Shape &shape)
{
    return tokensText(shape.tokens) + " after " + std::to_string(shape.start) + ", FP8 cache of " +
           std::to_string(shape.latent) + " + " + std::to_string(shape.rope);
}

void addStore(OpCases &cases, const Fp8Shape &shape)
{
    cases.push_back({"storeLatent", textOf(shape), sameBits,
                     [shape](backend::Backend &backend, Placed &placed) { return runStore(shape, backend, placed); }});
}

void addAttention(OpCases &cases, const Fp8Shape &shape, double tolerance)
{
    const bool expanded = shape.form == backend::AttentionForm::Expanded;
    cases.push_back(
        {"mlaAttention",
         textOf(shape) + ", " + std::to_string(shape.heads) + (expanded ? " heads, expanded" : " heads"), tolerance,
         [shape](backend::Backend &backend, Placed &placed) { return runAttention(shape, backend, placed); }});
}

} // namespace

void addFp8LatentCases(OpCases &cases)
{
    for (const auto &[tokens, start] : {std::pair(1, 0), {3, 62}, {70, 5}}) {
        for (const auto &[latent, rope] : {std::pair(512, 64), {48, 16}, {200, 6}})
            addStore(cases, {.tokens = tokens, .start = start, .latent = latent, .rope = rope});
    }
    for (const auto &[tokens, start] : {std::pair(1, 0), {1, 200}, {3, 63}, {40, 61}}) {
        addAttention(cases, {.tokens = tokens, .start = start, .latent = 48, .rope = 16, .heads = 5},
                     attentionTolerance);
        addAttention(cases, {.tokens = tokens, .start = start}, decodeTolerance);
    }
    addAttention(cases, {.tokens = 1, .start = 129, .heads = 40}, decodeTolerance);
    for (const int start : {0, 77})
        addAttention(cases,
                     {.tokens = 70,
                      .start = start,
                      .heads = 2,
                      .nope = 128,
                      .value = 128,
                      .form = backend::AttentionForm::Expanded},
                     expandTolerance);
}

} // namespace engine::verification
