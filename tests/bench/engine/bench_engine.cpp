// The compute side of the engine on this machine, next to what its memory gives in the same run.
//   bench_engine [--benchmark_filter=…]
// BATHYSCOPE_MODEL names a model folder for decode and prefill; without it a random FP8 model of the nano family's
// shape is used. Weights are read as bytes/s; linear/memory against readMemory is the share of the bandwidth used.

#include "engine/backend/cpu/kernels.h"
#include "engine/model/checkpoint.h"
#include "engine/model/transformer.h"
#include "engine/model/weights.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <numeric>
#include <optional>
#include <random>

using namespace engine;
using memory::DType;

namespace {

constexpr int cols = 7168;              // hidden size of V3
constexpr int rowsInMemory = 128 << 20; // bytes: four times a large last-level cache
constexpr int rowsInCache = 256 << 10;  // bytes: fit the second-level cache

std::vector<std::uint8_t> randomBytes(std::size_t count)
{
    std::mt19937 random(1);
    std::vector<std::uint8_t> bytes(count);
    for (std::uint8_t &byte : bytes)
        byte = static_cast<std::uint8_t>(random()) & 0x3B; // small finite numbers in every format
    return bytes;
}

void readMemory(benchmark::State &state)
{
    const std::vector<std::uint64_t> words(static_cast<std::size_t>(rowsInMemory) / 8, 3);
    for (auto _ : state) {
        std::uint64_t sums[8] = {};
        for (std::size_t i = 0; i < words.size(); i += 8) {
            for (std::size_t k = 0; k < 8; ++k)
                sums[k] += words[i + k];
        }
        benchmark::DoNotOptimize(sums);
    }
    state.SetBytesProcessed(state.iterations() * rowsInMemory);
}
BENCHMARK(readMemory)->Unit(benchmark::kMillisecond);

void linear(benchmark::State &state, DType dtype, int weightBytes, int tokens, int threads)
{
    const std::size_t rowBytes = cols / memory::blockElements(dtype) * memory::blockBytes(dtype);
    const int rows = weightBytes / static_cast<int>(rowBytes);
    const auto bytes = randomBytes(static_cast<std::size_t>(rows) * rowBytes);
    const std::vector<float> scales(static_cast<std::size_t>(rows / 128 + 1) * (cols / 128), 0.01F);
    backend::Matrix weight{bytes.data(), dtype, rows, cols};
    if (dtype == DType::F8_E4M3)
        weight.scale = scales.data();
    std::vector<float> x(static_cast<std::size_t>(tokens) * cols, 0.5F);
    std::vector<float> out(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(rows));
    const auto backend = backend::makeCpuBackend(threads);
    for (auto _ : state)
        backend->linear({x.data(), tokens, cols, cols}, weight,
                        {out.data(), tokens, rows, static_cast<std::size_t>(rows)}, false);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
    state.counters["FLOP/s"] = benchmark::Counter(2.0 * rows * cols * tokens * static_cast<double>(state.iterations()),
                                                  benchmark::Counter::kIsRate);
    state.SetLabel(backend::cpu::instructionSet());
}

constexpr int latent = 512; // kv_lora_rank of V2 and V3

struct LatentRows {
    explicit LatentRows(DType dtype)
        : rowBytes(latent / memory::blockElements(dtype) * memory::blockBytes(dtype)),
          count(rowsInCache / static_cast<int>(rowBytes)),
          bytes(randomBytes(static_cast<std::size_t>(count) * rowBytes))
    {
        view = {bytes.data(), dtype, count, latent};
        if (dtype == DType::F8_E4M3)
            view.scale = scales.data();
    }

    std::size_t rowBytes;
    int count;
    std::vector<std::uint8_t> bytes;
    std::vector<float> scales = std::vector<float>(64, 0.01F);
    backend::Matrix view;
};

/// Queries through the key rows of kv_b_proj, as absorbed MLA does for one token.
void absorb(benchmark::State &state, DType dtype)
{
    const LatentRows rows(dtype);
    const std::vector<float> queries(static_cast<std::size_t>(rows.count), 0.5F);
    std::vector<float> out(latent);
    backend::cpu::MixCall call;
    call.weight = rows.view;
    call.rows = rows.count;
    call.cols = latent;
    call.coefficients = queries.data();
    call.coefficientStride = queries.size();
    call.tokens = 1;
    call.out = out.data();
    call.outStride = latent;
    for (auto _ : state)
        backend::cpu::mix(call);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows.bytes.size()));
}

/// Rows of the embedding.
void embed(benchmark::State &state, DType dtype)
{
    const LatentRows rows(dtype);
    std::vector<float> out(latent);
    for (auto _ : state) {
        for (int row = 0; row < rows.count; ++row)
            backend::cpu::decodeRow(rows.view, row, out.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows.bytes.size()));
}

void registerWeightOps()
{
    for (const DType dtype : {DType::F8_E4M3, DType::BF16, DType::F16, DType::F32, DType::Q8_0, DType::Q4_0,
                              DType::Q4_K, DType::Q5_K, DType::Q6_K, DType::Q5_0, DType::IQ4_NL}) {
        const std::string name(memory::dtypeName(dtype));
        const auto add = [&](const std::string &suffix, int bytes, int tokens, int threads) {
            benchmark::RegisterBenchmark(("linear/" + name + suffix).c_str(),
                                         [=](benchmark::State &state) { linear(state, dtype, bytes, tokens, threads); })
                ->Unit(benchmark::kMicrosecond)
                ->UseRealTime();
        };
        add("/1 token in cache", rowsInCache, 1, 1);
        add("/1 token from memory", rowsInMemory, 1, 1);
        add("/1 token from memory, 2 threads", rowsInMemory, 1, 2);
        add("/128 tokens", rowsInCache, 128, 1);
        const auto addOp = [&](const std::string &op, void (*body)(benchmark::State &, DType)) {
            benchmark::RegisterBenchmark((op + "/" + name).c_str(), [=](benchmark::State &state) {
                body(state, dtype);
            })->Unit(benchmark::kMicrosecond);
        };
        addOp("absorb", absorb);
        addOp("embed", embed);
    }
}

/// The folder named by BATHYSCOPE_MODEL, or a random model.
class Model {
public:
    static Model &instance()
    {
        static Model model;
        return model;
    }

    model::ModelConfig config;
    std::optional<model::Checkpoint> checkpoint;
    model::Weights weights;
    std::string name;

private:
    Model()
    {
        const char *given = std::getenv("BATHYSCOPE_MODEL");
        if (given == nullptr)
            writeNano();
        const std::string folder = given != nullptr ? given : m_folder.text();
        name = given != nullptr ? "BATHYSCOPE_MODEL" : "random nano";
        config = model::readModelConfig(folder);
        checkpoint.emplace(folder);
        weights = model::resolveWeights(config, *checkpoint);
    }
    void writeNano() const
    {
        support::TinyModelOptions nano;
        nano.layers = 4;
        nano.hidden = 128;
        nano.qLoraRank = 64;
        nano.kvLoraRank = 64;
        nano.nope = 32;
        nano.rope = 16;
        nano.valueDim = 32;
        nano.denseWidth = 512;
        nano.expertWidth = 128;
        nano.experts = 16;
        nano.expertsPerToken = 2;
        nano.maxPositions = 2048;
        nano.storage = support::TinyModelOptions::Storage::Fp8;
        support::writeTinyModel(nano, m_folder.path());
    }
    support::TemporaryFolder m_folder;
};

void forwardAll(model::Transformer &transformer, memory::KvCache &cache, std::span<const TokenId> tokens,
                std::span<float> logits)
{
    model::ForwardCall call;
    call.tokens = tokens;
    call.logits = logits;
    transformer.forward(call, cache);
}

/// One token after `context` others.
void decode(benchmark::State &state)
{
    Model &model = Model::instance();
    const auto context = static_cast<std::size_t>(state.range(0));
    const auto backend = backend::makeCpuBackend(static_cast<int>(state.range(1)));
    model::Transformer transformer(model.config, model.weights, *backend);
    auto cache = transformer.makeCache();
    std::vector<float> logits(static_cast<std::size_t>(transformer.vocabSize()));
    const std::vector<TokenId> prompt(context, 5);
    forwardAll(transformer, cache, prompt, logits);
    for (auto _ : state) {
        cache.truncate(static_cast<int>(context));
        forwardAll(transformer, cache, std::span(prompt).first(1), logits);
    }
    state.counters["tokens/s"] =
        benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
    state.SetLabel(model.name);
}
BENCHMARK(decode)
    ->ArgNames({"context", "threads"})
    ->ArgsProduct({{1, 256, 1500}, {1, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

/// A whole prompt.
void prefill(benchmark::State &state)
{
    Model &model = Model::instance();
    const auto backend = backend::makeCpuBackend(static_cast<int>(state.range(1)));
    model::Transformer transformer(model.config, model.weights, *backend);
    std::vector<float> logits(static_cast<std::size_t>(transformer.vocabSize()));
    std::vector<TokenId> prompt(static_cast<std::size_t>(state.range(0)));
    std::iota(prompt.begin(), prompt.end(), 3); // different tokens use different experts
    for (TokenId &token : prompt)
        token %= transformer.vocabSize();
    for (auto _ : state) {
        auto cache = transformer.makeCache();
        forwardAll(transformer, cache, prompt, logits);
    }
    state.counters["tokens/s"] =
        benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
    state.SetLabel(model.name);
}
BENCHMARK(prefill)
    ->ArgNames({"tokens", "threads"})
    ->ArgsProduct({{64, 256, 1500}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace

int main(int argc, char **argv)
{
    registerWeightOps();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
