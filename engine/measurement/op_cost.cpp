#include "engine/measurement/op_cost.h"

#include "engine/memory/fp8_latents.h"

#include <cmath>

namespace engine::measurement {

namespace {

using backend::AttentionForm;
using backend::CachePages;
using backend::ConstRows;
using backend::Matrix;

constexpr double floatBytes = sizeof(float);

double area(int a, int b)
{
    return static_cast<double>(a) * b;
}

double valuesBytes(const ConstRows &rows)
{
    return area(rows.rows, rows.width) * floatBytes;
}

double vectorBytes(const backend::Vector &vector)
{
    return vector.size > 0 ? static_cast<double>(vector.size) * static_cast<double>(memory::dtypeBytes(vector.dtype))
                           : 0.0;
}

double cacheBytes(const CachePages &cache, double positions)
{
    return positions * cache.width * static_cast<double>(memory::dtypeBytes(cache.dtype));
}

double cacheBytes(const backend::LatentCache &cache, double positions)
{
    if (cache.dtype != memory::DType::F8_E4M3)
        return cacheBytes(static_cast<const CachePages &>(cache), positions);
    const memory::Fp8Latents layout{cache.latentWidth, cache.ropeWidth, cache.pageTokens};
    return positions * static_cast<double>(layout.bytesPerToken());
}

/// Query-key pairs of causal attention.
double pairsOf(double start, double tokens)
{
    return tokens * start + tokens * (tokens + 1.0) / 2.0;
}

double products(const Matrix &matrix, double tokens)
{
    return 2.0 * area(matrix.rows, matrix.cols) * tokens;
}

double products(const backend::Mlp &mlp, double tokens)
{
    return products(mlp.gate, tokens) + products(mlp.up, tokens) + products(mlp.down, tokens);
}

std::string shapeText(const Matrix &matrix)
{
    return std::string(memory::dtypeName(matrix.dtype)) + " " + std::to_string(matrix.rows) + " x " +
           std::to_string(matrix.cols);
}

OpFigure figure(const char *op, std::string shape = {})
{
    OpFigure result;
    result.op = op;
    result.shape = std::move(shape);
    result.calls = 1;
    return result;
}

} // namespace

double matrixBytes(const Matrix &matrix)
{
    const double blocks = area(matrix.rows, matrix.cols) / static_cast<double>(memory::blockElements(matrix.dtype));
    double bytes = blocks * static_cast<double>(memory::blockBytes(matrix.dtype)) + vectorBytes(matrix.bias);
    if (matrix.scale != nullptr)
        bytes += std::ceil(matrix.rows / static_cast<double>(matrix.blockRows)) *
                 std::ceil(matrix.cols / static_cast<double>(matrix.blockCols)) * floatBytes;
    return bytes;
}

double mlpBytes(const backend::Mlp &mlp)
{
    return matrixBytes(mlp.gate) + matrixBytes(mlp.up) + matrixBytes(mlp.down);
}

double expectedExperts(std::size_t experts, int topK, int choices)
{
    const auto count = static_cast<double>(experts);
    return count * (1.0 - std::pow(1.0 - topK / count, choices));
}

OpFigure costOfEmbed(std::size_t tokens, const Matrix &table, const backend::Rows &out)
{
    OpFigure cost = figure("embed");
    cost.weightBytes = matrixBytes(table) / table.rows * static_cast<double>(tokens);
    cost.activationBytes = valuesBytes(out) + static_cast<double>(tokens) * sizeof(std::int32_t);
    return cost;
}

OpFigure costOfRmsNorm(const ConstRows &x, const backend::Vector &weight)
{
    OpFigure cost = figure("rmsNorm");
    cost.weightBytes = vectorBytes(weight);
    cost.activationBytes = 2.0 * valuesBytes(x);
    cost.flops = 4.0 * area(x.rows, x.width);
    return cost;
}

OpFigure costOfLinear(const ConstRows &x, const Matrix &weight, bool accumulate)
{
    OpFigure cost = figure("linear", shapeText(weight));
    cost.weightBytes = matrixBytes(weight);
    cost.activationBytes = valuesBytes(x) + area(x.rows, weight.rows) * floatBytes * (accumulate ? 2.0 : 1.0);
    cost.flops = products(weight, x.rows);
    return cost;
}

OpFigure costOfRope(const backend::Rows &x, int headWidth, int ropeWidth)
{
    OpFigure cost = figure("rope");
    const double rotated = area(x.rows, x.width / headWidth) * ropeWidth;
    cost.activationBytes = (2.0 * rotated + area(x.rows, ropeWidth)) * floatBytes; // cos and sin, half as wide each
    cost.flops = 3.0 * rotated;
    return cost;
}

OpFigure costOfStoreLatent(const backend::LatentArgs &args)
{
    OpFigure cost = figure("storeLatent");
    cost.weightBytes = vectorBytes(args.norm);
    cost.cacheBytes = cacheBytes(args.cache, args.kv.rows);
    cost.activationBytes = valuesBytes(args.kv) + area(args.kv.rows, args.cache.ropeWidth) * floatBytes;
    cost.flops = 4.0 * area(args.kv.rows, args.kv.width);
    return cost;
}

OpFigure costOfMlaAttention(const backend::MlaArgs &args)
{
    OpFigure cost = figure("mlaAttention");
    const double tokens = args.q.rows;
    const double positions = args.cache.start + tokens;
    const double pairs = pairsOf(args.cache.start, tokens) * args.heads;
    const double ropeWidth = args.cache.ropeWidth;
    cost.weightBytes = matrixBytes(args.kvB);
    cost.cacheBytes = cacheBytes(args.cache, positions);
    cost.activationBytes = valuesBytes(args.q) + valuesBytes(args.out);
    if (args.form == AttentionForm::Absorbed)
        cost.flops = products(args.kvB, tokens) + 2.0 * pairs * (2.0 * args.cache.latentWidth + ropeWidth);
    else
        cost.flops = products(args.kvB, positions) + 2.0 * pairs * (args.nopeWidth + ropeWidth + args.valueWidth);
    return cost;
}

OpFigure costOfStoreKeyValue(const backend::KeyValueArgs &args)
{
    OpFigure cost = figure("storeKeyValue");
    cost.cacheBytes = cacheBytes(args.cache, args.key.rows);
    cost.activationBytes = valuesBytes(args.key) + valuesBytes(args.value);
    return cost;
}

OpFigure costOfGqaAttention(const backend::GqaArgs &args)
{
    OpFigure cost = figure("gqaAttention");
    const double tokens = args.q.rows;
    cost.cacheBytes = cacheBytes(args.cache, args.cache.start + tokens);
    cost.activationBytes = valuesBytes(args.q) + valuesBytes(args.out);
    cost.flops = 4.0 * pairsOf(args.cache.start, tokens) * args.heads * args.cache.headWidth;
    return cost;
}

OpFigure costOfRoute(const backend::RouteArgs &args)
{
    OpFigure cost = figure("route");
    cost.weightBytes = matrixBytes(args.gate) + vectorBytes(args.bias);
    cost.activationBytes = valuesBytes(args.x) + area(args.x.rows, args.topK) * (sizeof(std::uint16_t) + floatBytes);
    cost.flops = products(args.gate, args.x.rows);
    return cost;
}

OpFigure costOfExpertFfn(const backend::ExpertArgs &args, double distinct)
{
    OpFigure cost = figure("expertFfn");
    const double tokens = args.x.rows;
    cost.activationBytes = valuesBytes(args.x) + 2.0 * valuesBytes(args.out);
    if (args.topK > 0) {
        cost.weightBytes = distinct * mlpBytes(args.experts.front());
        cost.flops = products(args.experts.front(), tokens * args.topK);
        cost.activationBytes += area(args.x.rows, args.topK) * (sizeof(std::uint16_t) + floatBytes);
    }
    if (args.shared != nullptr) {
        cost.weightBytes += mlpBytes(*args.shared);
        cost.flops += products(*args.shared, tokens);
    }
    if (args.topK == 0)
        cost.op = "denseFfn";
    return cost;
}

OpFigure costOfSample(const backend::SampleArgs &args)
{
    OpFigure cost = figure("sample");
    cost.activationBytes = valuesBytes(args.logits) + sizeof *args.settings + sizeof *args.out;
    return cost;
}

} // namespace engine::measurement
