// A whole model at its real size: how fast it opens and runs, and whether it takes the memory that was planned.
//   bench_model FOLDER [--context N] [--decode N] [--threads N] [--touch]
// Fills the whole context with random tokens of the whole vocabulary: the last --decode of them one by one, the others
// as a prompt. Of the weights, the experts that no token was sent to and the rows of the embedding that no token named
// are then not in memory; --touch reads a byte of every page first, as a long conversation does in time.

#include "engine/engine.h"
#include "engine/memory_plan.h"
#include "engine/runtime/loaded_model.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Bytes of an entry of /proc/self/status: "VmHWM", "RssAnon", "RssFile".
std::uint64_t statusBytes(const std::string &name)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        std::istringstream words(line);
        std::string key;
        std::uint64_t kibibytes = 0;
        if (words >> key >> kibibytes && key == name + ":")
            return kibibytes * 1024;
    }
    return 0;
}

void printMemory(const char *when)
{
    std::printf("  memory %s: %.1f MB anonymous, %.1f MB of files, highest so far %.1f MB\n", when,
                static_cast<double>(statusBytes("RssAnon")) / 1e6, static_cast<double>(statusBytes("RssFile")) / 1e6,
                static_cast<double>(statusBytes("VmHWM")) / 1e6);
}

/// Every page of every weight file that is mapped.
void touchWeights()
{
    std::ifstream maps("/proc/self/maps");
    unsigned sum = 0;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (!line.ends_with(".safetensors") || std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) != 2)
            continue;
        for (std::uintptr_t at = begin; at < end; at += 4096)
            sum += *reinterpret_cast<const volatile unsigned char *>(at);
    }
    std::printf("touched all weights (%u)\n", sum);
    printMemory("with all weights");
}

class ModelBench {
public:
    ModelBench(const std::string &folder, const engine::EngineOptions &options, int decode)
        : m_plan(engine::planMemory(folder, options.contextLength, options.threads, options.memoryLimit)),
          m_model(open(folder, options)), m_cache(m_model.transformer().makeCache()),
          m_logits(static_cast<std::size_t>(m_model.info().vocabSize)), m_decode(decode)
    {
    }

    void run()
    {
        const int context = m_model.info().contextLength;
        m_decode = std::clamp(m_decode, 2, context - 1);
        measurePrefill(context - m_decode);
        printMemory("after the prompt");
        measureDecode();
        printMemory("at the end");
        compare();
    }

private:
    engine::runtime::LoadedModel open(const std::string &folder, const engine::EngineOptions &options)
    {
        printMemory("before");
        const Clock::time_point start = Clock::now();
        engine::LoadStage stage = engine::LoadStage::Headers;
        Clock::time_point since = start;
        const engine::model::LoadWatch watch({}, [&](engine::LoadStage now, std::uint64_t, std::uint64_t) {
            if (now != stage)
                std::printf("  stage %d: %.3f s\n", static_cast<int>(stage), secondsSince(since));
            since = now != stage ? Clock::now() : since;
            stage = now;
        });
        struct Report {
            Clock::time_point start;
            ~Report()
            {
                std::printf("open: %.3f s\n", secondsSince(start));
                printMemory("when open");
            }
        } report{start};
        return {folder, options, watch};
    }

    void forward(std::span<const engine::TokenId> tokens)
    {
        engine::model::ForwardCall call;
        call.tokens = tokens;
        call.logits = m_logits;
        m_model.transformer().forward(call, m_cache);
    }

    engine::TokenId randomToken()
    {
        return std::uniform_int_distribution<engine::TokenId>(0, m_model.info().vocabSize - 1)(m_random);
    }

    void measurePrefill(int tokens)
    {
        std::vector<engine::TokenId> prompt(static_cast<std::size_t>(tokens));
        std::generate(prompt.begin(), prompt.end(), [this] { return randomToken(); });
        const Clock::time_point start = Clock::now();
        forward(prompt);
        std::printf("prefill: %d tokens, %.2f tok/s\n", tokens, tokens / secondsSince(start));
    }

    void measureDecode()
    {
        std::vector<double> seconds;
        for (int i = 0; i < m_decode; ++i) {
            const engine::TokenId token = randomToken();
            const Clock::time_point start = Clock::now();
            forward(std::span(&token, 1));
            seconds.push_back(secondsSince(start));
        }
        std::sort(seconds.begin(), seconds.end());
        std::printf("decode: %d tokens, median %.2f tok/s, slowest %.2f, fastest %.2f\n", m_decode,
                    1.0 / seconds[seconds.size() / 2], 1.0 / seconds.back(), 1.0 / seconds.front());
    }

    void compare() const
    {
        const std::uint64_t used = statusBytes("VmHWM");
        std::printf(
            "plan: %llu bytes (weights %llu, cache %llu of %llu a token, buffers %llu)\n"
            "used: %llu bytes at most, %+.2f %%; the cache has %llu\n",
            static_cast<unsigned long long>(m_plan.totalBytes()), static_cast<unsigned long long>(m_plan.weightBytes),
            static_cast<unsigned long long>(m_plan.kvBytes), static_cast<unsigned long long>(m_plan.kvBytesPerToken),
            static_cast<unsigned long long>(m_plan.bufferBytes), static_cast<unsigned long long>(used),
            100.0 * (static_cast<double>(used) / static_cast<double>(m_plan.totalBytes()) - 1.0),
            static_cast<unsigned long long>(m_cache.bytes()));
    }

    engine::MemoryPlan m_plan;
    engine::runtime::LoadedModel m_model;
    engine::memory::KvCache m_cache;
    std::vector<float> m_logits;
    int m_decode;
    std::mt19937 m_random{1};
};

} // namespace

int main(int argc, char **argv)
{
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    CLI::App program("Opens and runs a model at its real size.");
    std::string folder;
    engine::EngineOptions options;
    options.contextLength = 1024;
    int decode = 64;
    bool touch = false;
    program.add_option("folder", folder)->required();
    program.add_option("--context", options.contextLength);
    program.add_option("--decode", decode);
    program.add_option("--threads", options.threads);
    program.add_flag("--touch", touch);
    CLI11_PARSE(program, argc, argv);
    try {
        ModelBench bench(folder, options, decode);
        if (touch)
            touchWeights();
        bench.run();
    } catch (const engine::Error &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
