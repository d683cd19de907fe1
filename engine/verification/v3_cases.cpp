// The sizes of DeepSeek-V3 and of the 70B distill, so that index arithmetic meets them on a device: the vocabulary's
// matrix has more than 2^31 bytes. The CPU takes less than a minute on 16 cores; about 4 GB of
// memory.

#include "engine/verification/cache_view.h"
#include "engine/verification/op_case.h"
#include "engine/verification/pattern_matrix.h"
#include "engine/verification/random_operands.h"

#include <algorithm>

namespace engine::verification {

namespace {

using memory::DType;

constexpr int hidden = 7168;
constexpr int vocab = 129280;
constexpr int experts = 256;
constexpr int topK = 8;
constexpr int expertWidth = 2048;
constexpr int heads = 128;
constexpr int nope = 128;
constexpr int rope = 64;
constexpr int value = 128;
constexpr int latent = 512;

std::vector<float> runLinear(DType dtype, int rows, int cols, int tokens, backend::Backend &backend, Placed &placed)
{
    const PatternMatrix weight(dtype, rows, cols, 1);
    const backend::Rows x = placed.rows(randomFloats(area(tokens, cols), 2), tokens, cols);
    const backend::Rows out = placed.rows(std::vector<float>(area(tokens, rows)), tokens, rows);
    backend.linear(x, placed.matrix(weight.view()), out, false);
    return placed.read(out);
}

void addLinear(OpCases &cases)
{
    struct Shape {
        DType dtype;
        int rows;
        int cols;
    };
    for (const Shape &shape : {Shape{DType::F8_E4M3, 1536, hidden}, Shape{DType::F8_E4M3, 576, hidden},
                               Shape{DType::F8_E4M3, 24576, 1536}, Shape{DType::F8_E4M3, hidden, heads * value},
                               Shape{DType::F8_E4M3, 18432, hidden}, Shape{DType::BF16, vocab, hidden}}) {
        for (const int tokens : {1, 8, 40}) {
            if (shape.rows == vocab && tokens > 1)
                continue; // the last position's logits
            cases.push_back({"linear",
                             std::string(memory::dtypeName(shape.dtype)) + " " + std::to_string(shape.rows) + " x " +
                                 std::to_string(shape.cols) + ", " + tokensText(tokens),
                             tokens > 8 ? roundedTolerance : exactTolerance,
                             [shape, tokens](backend::Backend &backend, Placed &placed) {
                                 return runLinear(shape.dtype, shape.rows, shape.cols, tokens, backend, placed);
                             }});
        }
    }
}

std::vector<float> runEmbed(backend::Backend &backend, Placed &placed)
{
    const PatternMatrix table(DType::BF16, vocab, hidden, 3);
    const std::vector<std::int32_t> ids{0, 64001, vocab - 1};
    const backend::Rows out = placed.rows(std::vector<float>(area(3, hidden)), 3, hidden);
    backend.embed({placed.copy(ids), ids.size()}, placed.matrix(table.view()), out);
    return placed.read(out);
}

// --- attention -------------------------------------------------------------------------------------------------------

constexpr int chunk = 64; ///< positions that are stored in one call

memory::KvCache makeCache(int width, int latentWidth, int tokens, backend::Backend &backend)
{
    memory::KvCache cache(
        {.layers = 2, .width = width, .capacity = tokens, .type = memory::CacheType::BF16, .latentWidth = latentWidth},
        backend.memory());
    cache.reserve(tokens);
    return cache;
}

backend::LatentCache fillLatents(const memory::KvCache &cache, int total, backend::Backend &backend, Placed &placed)
{
    constexpr int width = latent + rope;
    const auto values = randomFloats(area(total, width), 11);
    const auto norm = randomFloats(latent, 12);
    backend::LatentArgs args;
    args.norm = placed.vector({norm.data(), DType::F32, latent});
    args.eps = 1e-6F;
    args.rope = {placed.copy(std::vector<float>(area(chunk, rope / 2), 0.8F)),
                 placed.copy(std::vector<float>(area(chunk, rope / 2), 0.6F)), backend::RopePairs::Adjacent};
    static_cast<backend::CachePages &>(args.cache) = viewOf(cache, 1, 0);
    args.cache.latentWidth = latent;
    args.cache.ropeWidth = rope;
    const backend::Rows all = placed.rows(values, total, width);
    for (; args.cache.start < total; args.cache.start += chunk) {
        args.kv = {all.row(args.cache.start), std::min(chunk, total - args.cache.start), width, width};
        backend.storeLatent(args);
    }
    args.cache.start = 0;
    return args.cache;
}

std::vector<float> runLatent(backend::AttentionForm form, DType kvB, int tokens, int start, backend::Backend &backend,
                             Placed &placed)
{
    backend::WorkspaceShape shape;
    shape.tokens = std::max(tokens, chunk);
    shape.heads = heads;
    shape.nopeWidth = nope;
    shape.ropeWidth = rope;
    shape.valueWidth = value;
    shape.latentWidth = latent;
    backend.reserve(shape);
    const memory::KvCache cache = makeCache(latent + rope, latent, start + tokens, backend);
    const PatternMatrix weights(kvB, heads * (nope + value), latent, 13);
    const int qWidth = heads * (nope + rope);
    backend::MlaArgs args;
    args.form = form;
    args.heads = heads;
    args.nopeWidth = nope;
    args.valueWidth = value;
    args.softmaxScale = 0.05F;
    args.q = placed.rows(randomFloats(area(tokens, qWidth), 14, 2.0F), tokens, qWidth);
    args.kvB = placed.matrix(weights.view());
    args.cache = fillLatents(cache, start + tokens, backend, placed);
    args.cache.start = start;
    args.out = placed.rows(std::vector<float>(area(tokens, heads * value)), tokens, heads * value);
    backend.mlaAttention(args);
    return placed.read(args.out);
}

void addLatent(OpCases &cases)
{
    using backend::AttentionForm;
    struct Shape {
        AttentionForm form;
        DType kvB;
        int tokens;
        int start;
    };
    for (const Shape &shape :
         {Shape{AttentionForm::Absorbed, DType::F8_E4M3, 1, 5000}, Shape{AttentionForm::Absorbed, DType::BF16, 3, 1500},
          Shape{AttentionForm::Expanded, DType::F8_E4M3, 70, 300}})
        cases.push_back({"mlaAttention",
                         std::to_string(heads) + " heads, " + std::string(memory::dtypeName(shape.kvB)) +
                             (shape.form == AttentionForm::Absorbed ? ", absorbed, " : ", expanded, ") +
                             tokensText(shape.tokens) + " after " + std::to_string(shape.start),
                         roundedTolerance, [shape](backend::Backend &backend, Placed &placed) {
                             return runLatent(shape.form, shape.kvB, shape.tokens, shape.start, backend, placed);
                         }});
}

backend::KeyValueCache fillKeys(const memory::KvCache &cache, int kvHeads, int headWidth, int total,
                                backend::Backend &backend, Placed &placed)
{
    const int width = kvHeads * headWidth;
    const backend::Rows keys = placed.rows(randomFloats(area(total, width), 21), total, width);
    const backend::Rows values = placed.rows(randomFloats(area(total, width), 22), total, width);
    backend::KeyValueArgs args;
    static_cast<backend::CachePages &>(args.cache) = viewOf(cache, 1, 0);
    args.cache.kvHeads = kvHeads;
    args.cache.headWidth = headWidth;
    const auto stride = static_cast<std::size_t>(width);
    for (; args.cache.start < total; args.cache.start += chunk) {
        const int count = std::min(chunk, total - args.cache.start);
        args.key = backend::Rows{keys.row(args.cache.start), count, width, stride};
        args.value = backend::Rows{values.row(args.cache.start), count, width, stride};
        backend.storeKeyValue(args);
    }
    args.cache.start = 0;
    return args.cache;
}

std::vector<float> runGrouped(int tokens, int start, backend::Backend &backend, Placed &placed)
{
    constexpr int queryHeads = 64;
    constexpr int kvHeads = 8;
    constexpr int headWidth = 128;
    backend::WorkspaceShape shape;
    shape.tokens = std::max(tokens, chunk);
    shape.heads = queryHeads;
    shape.kvHeads = kvHeads;
    shape.headWidth = headWidth;
    backend.reserve(shape);
    const memory::KvCache cache = makeCache(2 * kvHeads * headWidth, 0, start + tokens, backend);
    constexpr int width = queryHeads * headWidth;
    backend::GqaArgs args;
    args.heads = queryHeads;
    args.softmaxScale = 0.15F;
    args.q = placed.rows(randomFloats(area(tokens, width), 23, 2.0F), tokens, width);
    args.cache = fillKeys(cache, kvHeads, headWidth, start + tokens, backend, placed);
    args.cache.start = start;
    args.out = placed.rows(std::vector<float>(area(tokens, width)), tokens, width);
    backend.gqaAttention(args);
    return placed.read(args.out);
}

void addGrouped(OpCases &cases)
{
    for (const auto &[tokens, start] : {std::pair(1, 6000), std::pair(70, 1000)})
        cases.push_back({"gqaAttention",
                         "64 on 8 heads of 128, " + tokensText(tokens) + " after " + std::to_string(start),
                         roundedTolerance, [tokens = tokens, start = start](backend::Backend &backend, Placed &placed) {
                             return runGrouped(tokens, start, backend, placed);
                         }});
}

// --- experts ---------------------------------------------------------------------------------------------------------

std::vector<float> runRoute(int tokens, backend::Backend &backend, Placed &placed)
{
    backend::WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = hidden;
    shape.experts = experts;
    shape.topK = topK;
    backend.reserve(shape);
    const PatternMatrix gate(DType::BF16, experts, hidden, 31);
    const auto bias = randomFloats(experts, 32, 0.3F);
    const std::size_t chosen = area(tokens, topK);
    backend::RouteArgs args;
    args.x = placed.rows(randomFloats(area(tokens, hidden), 33, 0.05F), tokens, hidden);
    args.gate = placed.matrix(gate.view());
    args.bias = placed.vector({bias.data(), DType::F32, experts});
    args.groups = 8;
    args.keptGroups = 4;
    args.topK = topK;
    args.scale = 2.5F;
    args.ids = placed.copy(std::vector<std::uint16_t>(chosen, 999));
    args.weights = placed.copy(std::vector<float>(chosen));
    args.outStride = topK;
    backend.route(args);
    std::vector<float> result = placed.read(args.weights, chosen);
    for (const std::uint16_t id : placed.read(args.ids, chosen))
        result.push_back(static_cast<float>(id) / experts); // of the size of the weights, so that both count
    return result;
}

/// [rows, cols] of a matrix that has more rows: from row `first` on.
backend::Matrix rowsFrom(backend::Matrix matrix, int first, int rows)
{
    matrix.data = static_cast<const std::uint8_t *>(matrix.data) + area(first, matrix.cols);
    matrix.rows = rows;
    return matrix;
}

/// 256 experts whose weights overlap: the rows of each begin one row after those of the one before.
std::vector<backend::Mlp> overlappingExperts(Placed &placed)
{
    const PatternMatrix gateRows(DType::F8_E4M3, expertWidth + experts, hidden, 51);
    const PatternMatrix upRows(DType::F8_E4M3, expertWidth + experts, hidden, 53);
    const PatternMatrix downRows(DType::F8_E4M3, hidden + experts, expertWidth, 55);
    const backend::Matrix gate = placed.matrix(gateRows.view());
    const backend::Matrix up = placed.matrix(upRows.view());
    const backend::Matrix down = placed.matrix(downRows.view());
    std::vector<backend::Mlp> routed;
    for (int e = 0; e < experts; ++e)
        routed.push_back({rowsFrom(gate, e, expertWidth), rowsFrom(up, e, expertWidth), rowsFrom(down, e, hidden)});
    return routed;
}

std::vector<float> runExperts(int tokens, backend::Backend &backend, Placed &placed)
{
    backend::WorkspaceShape shape;
    shape.tokens = tokens;
    shape.hidden = hidden;
    shape.experts = experts;
    shape.topK = topK;
    shape.expertWidth = expertWidth;
    shape.mlpWidth = expertWidth;
    backend.reserve(shape);
    const std::vector<backend::Mlp> routed = overlappingExperts(placed);
    const backend::Mlp shared = routed.back();
    backend.prepareExperts(routed, &shared);
    std::vector<std::uint16_t> ids;
    for (int slot = 0; slot < tokens * topK; ++slot)
        ids.push_back(static_cast<std::uint16_t>((slot * 37 + slot / topK) % experts));
    backend::ExpertArgs args;
    args.x = placed.rows(randomFloats(area(tokens, hidden), 41, 0.1F), tokens, hidden);
    args.experts = routed;
    args.shared = &shared;
    args.topK = topK;
    args.ids = placed.copy(ids);
    args.weights = placed.copy(randomFloats(area(tokens, topK), 42));
    args.routeStride = topK;
    args.out = placed.rows(randomFloats(area(tokens, hidden), 43), tokens, hidden);
    backend.expertFfn(args);
    return placed.read(args.out);
}

void addMoe(OpCases &cases)
{
    for (const int tokens : {1, 8, 40}) {
        cases.push_back(
            {"route", "8 of 256 experts of 7168, " + tokensText(tokens), exactTolerance,
             [tokens](backend::Backend &backend, Placed &placed) { return runRoute(tokens, backend, placed); }});
        cases.push_back(
            {"expertFfn", "F8_E4M3 256 of 2048 x 7168, " + tokensText(tokens),
             tokens > 8 ? 2 * roundedTolerance : attentionTolerance,
             [tokens](backend::Backend &backend, Placed &placed) { return runExperts(tokens, backend, placed); }});
    }
}

} // namespace

std::vector<OpCase> v3Cases()
{
    OpCases cases;
    addLinear(cases);
    cases.push_back({"embed", "BF16 129280 x 7168", 0.0, runEmbed});
    addLatent(cases);
    addGrouped(cases);
    addMoe(cases);
    return cases;
}

} // namespace engine::verification
