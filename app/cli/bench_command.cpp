// bench: how fast the model reads and writes here, against the memory bandwidth measured in the same run.

#include "app/cli/bench_prompt.h"
#include "app/cli/command.h"
#include "app/cli/engine_client.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "app/cli/memory_bandwidth.h"
#include "app/cli/op_table.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

namespace app::cli {

namespace {

struct BenchOptions {
    int promptTokens = 0;   ///< 0: 512, or half the context where that is less
    int generateTokens = 0; ///< 0: 128, or a quarter of the context
    int repeat = 3;
};

struct Measurements {
    int promptTokens = 0; ///< computed, not cached, in each prefill run
    int generateTokens = 0;
    std::vector<double> prefill;    ///< tok/s
    std::vector<double> decode;     ///< tok/s
    std::vector<double> memoryRead; ///< bytes/s
};

/// A pass of its own, so that the clocks around the ops are not in the other figures.
struct OpPass {
    engine::MeasuredModel model;
    int decodeTokens = 0;
    double copyBandwidth = 0.0; ///< bytes/s, of a GPU
};

/// Bytes of weights one decoded token reads. An approximation from what is known of a model: all bytes on disk, scaled
/// by the share of parameters that are active per token. It takes the mean bytes per parameter, although experts are
/// often stored smaller than the rest, and it counts the whole embedding, of which a token reads one row.
double activeWeightBytes(const engine::ModelInfo &model)
{
    const double stored = static_cast<double>(model.parametersTotal + model.parametersMtp);
    return stored > 0.0 ? static_cast<double>(model.weightBytes) * static_cast<double>(model.parametersActive) / stored
                        : 0.0;
}

class Bench {
public:
    Bench(BenchOptions options, EngineClient &client, Terminal &terminal, int threads)
        : m_options(fitted(options, client.model().contextLength)), m_client(client), m_terminal(terminal),
          m_memory(threads)
    {
    }

    Measurements run()
    {
        m_terminal.showProgress("choosing the prompt");
        const int words = wordsForTokens(m_options.promptTokens, [this](int count) {
            return generate(benchPrompt(0, count), 1).statistics.promptTokens;
        });
        // What differs between the runs is their noise, so the kinds take turns instead of running one after the other.
        for (int i = 1; i <= m_options.repeat; ++i) {
            m_terminal.showProgress("run " + std::to_string(i) + " of " + std::to_string(m_options.repeat));
            m_result.memoryRead.push_back(m_memory.measure());
            const std::string prompt = benchPrompt(i, words);
            measurePrefill(prompt);
            measureDecode(prompt);
        }
        m_terminal.clearProgress();
        m_result.generateTokens = m_options.generateTokens;
        return m_result;
    }

private:
    static BenchOptions fitted(BenchOptions options, int context)
    {
        if (options.promptTokens == 0)
            options.promptTokens = std::min(512, context / 2);
        if (options.generateTokens == 0)
            options.generateTokens = std::min(128, context / 4);
        if (options.promptTokens + options.generateTokens > context || options.promptTokens < 1 ||
            options.generateTokens < 1)
            throw CommandError::usage("Prompt and reply of " + std::to_string(options.promptTokens) + " + " +
                                          std::to_string(options.generateTokens) +
                                          " tokens do not fit into the context of " + std::to_string(context) +
                                          " tokens.",
                                      "Give smaller --prompt-tokens and --generate-tokens.");
        return options;
    }

    Reply generate(const std::string &prompt, int maxTokens, const EngineClient::Watch &watch = {})
    {
        engine::GenerationRequest request;
        request.messages.push_back({engine::Role::User, prompt, {}, true});
        request.sampler = {1.0F, 0, 1.0F, 0.0F, 1.0F, ++m_seed};
        request.maxTokens = maxTokens;
        request.captureRouting = false;
        Reply reply = m_client.generate(std::move(request), watch);
        if (reply.reason == engine::FinishReason::Stopped)
            throw Interrupted();
        return reply;
    }

    void measurePrefill(const std::string &prompt)
    {
        const engine::GenerationStatistics statistics = generate(prompt, 1).statistics;
        m_result.promptTokens = statistics.promptTokens - statistics.cachedTokens;
        m_result.prefill.push_back(ratePerSecond(m_result.promptTokens, statistics.promptSeconds));
    }

    /// A model ends its reply when it likes, so replies to the same (now cached) prompt follow each other until enough
    /// tokens are written. The first token of a reply needs no forward pass of its own and is not counted.
    void measureDecode(const std::string &prompt)
    {
        constexpr int mostReplies = 1000;
        int steps = 0;
        double seconds = 0.0;
        for (int i = 0; i < mostReplies && steps < m_options.generateTokens; ++i) {
            double first = -1.0;
            double last = -1.0;
            const auto watch = [&](const engine::GenerationEvent &event) {
                if (const auto *token = std::get_if<engine::TokenGenerated>(&event)) {
                    first = first < 0.0 ? token->seconds : first;
                    last = token->seconds;
                }
            };
            const Reply reply = generate(prompt, m_options.generateTokens - steps + 1, watch);
            steps += std::max(0, static_cast<int>(reply.tokens.size()) - 1);
            seconds += last - first;
        }
        if (steps < m_options.generateTokens)
            throw CommandError(ExitCode::Failed, "bench_reply_too_short",
                               "The model ends its replies too soon to measure how fast it writes.",
                               "Give smaller --generate-tokens.");
        m_result.decode.push_back(ratePerSecond(steps, seconds));
    }

    BenchOptions m_options;
    EngineClient &m_client;
    Terminal &m_terminal;
    MemoryBandwidth m_memory;
    Measurements m_result;
    std::uint64_t m_seed = 0;
};

struct Summary {
    double prefill = 0.0;
    double decode = 0.0;
    double weightBytes = 0.0;
    double weightRead = 0.0; ///< bytes/s
    double memoryRead = 0.0; ///< bytes/s

    Summary(const Measurements &measured, const engine::ModelInfo &model)
        : prefill(median(measured.prefill)), decode(median(measured.decode)), weightBytes(activeWeightBytes(model)),
          weightRead(weightBytes * decode), memoryRead(median(measured.memoryRead))
    {
    }
    double percent() const { return memoryRead > 0.0 ? 100.0 * weightRead / memoryRead : 0.0; }
};

/// What the memory can do: copying on a GPU, reading on the CPU.
engine::Roofline roofOf(const Summary &summary, const OpPass &ops)
{
    return {ops.copyBandwidth > 0.0 ? ops.copyBandwidth : summary.memoryRead, 0.0};
}

/// Counted bytes of a decoded token times the decode speed.
double decodeBytesPerSecond(const Summary &summary, const OpPass &ops)
{
    return ops.model.decode.total().bytes() / ops.decodeTokens * summary.decode;
}

std::string hexadecimal(std::uint64_t value)
{
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

Json resultJson(const Measurements &measured, const Summary &summary, const engine::ModelInfo &model,
                const CommonOptions &options, const OpPass &ops)
{
    const engine::Roofline roof = roofOf(summary, ops);
    const double decodeBytes = decodeBytesPerSecond(summary, ops);
    return {{"model", modelIdentity(model)},
            {"device", options.device},
            {"threads", options.threads},
            {"activations", nameOf(model.activations)},
            {"cache_format", engine::cacheFormatName(model.cacheFormat)},
            {"prompt_tokens", measured.promptTokens},
            {"generate_tokens", measured.generateTokens},
            {"prefill_tokens_per_second", {{"median", summary.prefill}, {"runs", measured.prefill}}},
            {"decode_tokens_per_second", {{"median", summary.decode}, {"runs", measured.decode}}},
            {"active_weight_bytes_per_token", summary.weightBytes},
            {"weight_read_bytes_per_second", summary.weightRead},
            {"memory_read_bytes_per_second", {{"median", summary.memoryRead}, {"runs", measured.memoryRead}}},
            {"percent_of_memory_read", summary.percent()},
            {"copy_bytes_per_second", ops.copyBandwidth},
            {"decode_bytes_per_second", decodeBytes},
            {"decode_percent_of_bandwidth", 100.0 * decodeBytes / roof.bytesPerSecond},
            {"logits_hash", hexadecimal(ops.model.logitsHash)},
            {"decode_ops", opJson(ops.model.decode, ops.decodeTokens, roof)},
            {"prefill_ops", opJson(ops.model.prefill, 1, roof)}};
}

std::string gigabytes(double bytes)
{
    return fixed(bytes / 1e9, 2) + " GB/s";
}

std::string resultText(const Measurements &measured, const Summary &summary, const engine::ModelInfo &model,
                       const CommonOptions &options, const OpPass &ops)
{
    const engine::Roofline roof = roofOf(summary, ops);
    const double decodeBytes = decodeBytesPerSecond(summary, ops);
    const char *const kind = ops.copyBandwidth > 0.0 ? " (copying, read and written)" : " (reading)";
    const std::string figures = properties({
        {"Model", model.name + ", " + model.quantization},
        {"Device", options.device + ", " + std::to_string(options.threads) + " threads, cache in " +
                       std::string(engine::cacheFormatName(model.cacheFormat)) +
                       (model.activations == engine::Activations::Fp8 ? ", FP8 activations" : "")},
        {"Prefill", rate(summary.prefill) + " (" + std::to_string(measured.promptTokens) + " tokens, median of " +
                        std::to_string(measured.prefill.size()) + ")"},
        {"Decode", rate(summary.decode) + " (" + std::to_string(measured.generateTokens) + " tokens, median of " +
                       std::to_string(measured.decode.size()) + ")"},
        {"Moved", gigabytes(decodeBytes) + " in decoding (" +
                      byteSize(static_cast<std::uint64_t>(decodeBytes / summary.decode)) + " per token)"},
        {"Memory", gigabytes(roof.bytesPerSecond) + kind + ", measured in the same run"},
        {"Of the memory",
         fixed(100.0 * decodeBytes / roof.bytesPerSecond, 1) + " % (above 100 % where the weights stay in the cache)"},
        {"Logits", hexadecimal(ops.model.logitsHash)},
    });
    return figures + "\nOne decoded token, a clock around each op:\n" +
           opTable(ops.model.decode, ops.decodeTokens, roof) + "\nThe prompt of " +
           std::to_string(ops.model.prefill.tokens) + " tokens:\n" + opTable(ops.model.prefill, 1, roof);
}

int threadCount(const CommonOptions &options)
{
    return options.threads > 0 ? options.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// After the engine has given its memory back.
OpPass measureOps(const std::string &model, const CommonOptions &options, const Measurements &measured)
{
    constexpr int mostTokens = 16;
    OpPass pass;
    pass.decodeTokens = std::min(mostTokens, measured.generateTokens);
    try {
        pass.model = engine::measureOps({model, options.device, options.threads, measured.promptTokens,
                                         pass.decodeTokens, options.activations, options.cache});
        if (options.device != "cpu")
            pass.copyBandwidth = engine::measureCopyBandwidth(options.device);
    } catch (const engine::Error &error) {
        throw CommandError::loadFailed({error.code(), error.file(), error.field(), error.what()});
    }
    return pass;
}

ExitCode runBench(const BenchOptions &options, Context &context)
{
    const std::string folder = modelFolder(context.options);
    CommonOptions common = context.options;
    common.threads = threadCount(common);
    engine::ModelInfo model;
    Measurements measured;
    {
        EngineClient client(context.options.engineOptions(), context.interrupts);
        model = client.load(folder);
        measured = Bench(options, client, context.terminal, common.threads).run();
    }
    context.terminal.showProgress("measuring each op");
    const OpPass ops = measureOps(folder, common, measured);
    context.terminal.clearProgress();
    const Summary summary(measured, model);
    context.terminal.write(Stream::Output, context.options.json
                                               ? dumpPretty(resultJson(measured, summary, model, common, ops))
                                               : resultText(measured, summary, model, common, ops));
    return ExitCode::Ok;
}

} // namespace

void addBenchCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = addCommand(program, selection, "bench", "Measure how fast a model reads and writes here");
    const auto options = std::make_shared<BenchOptions>();
    command.add_option("--prompt-tokens", options->promptTokens, "About this many tokens are read (default: 512)")
        ->check(within(1, 1 << 30))
        ->type_name("N");
    command.add_option("--generate-tokens", options->generateTokens, "Tokens that are written (default: 128)")
        ->check(within(1, 1 << 30))
        ->type_name("N");
    command.add_option("--repeat", options->repeat, "Runs of which the median counts")
        ->capture_default_str()
        ->check(within(1, 1000))
        ->type_name("R");
    command.callback([&selection, options] {
        selection.action = [options](Context &context) { return runBench(*options, context); };
    });
}

} // namespace app::cli
