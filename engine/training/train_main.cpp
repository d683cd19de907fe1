// bathyscope-train: trains a nano DeepSeek-V3 on generated tasks and writes it as a
// Hugging Face model folder.

#include "engine/training/pooled_allocator.h"
#include "engine/training/trainer.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace {

using namespace engine::training;

void addModelOptions(CLI::App &app, NanoConfig &config)
{
    app.add_option("--layers", config.layers, "Decoder layers without the MTP layer");
    app.add_option("--q-rank", config.qRank, "q_lora_rank");
    app.add_option("--experts", config.experts, "Routed experts");
    app.add_option("--top-k", config.topK, "Experts per token");
    app.add_option("--routed-scale", config.routedScale, "routed_scaling_factor");
}

void addTrainOptions(CLI::App &app, TrainOptions &options)
{
    app.add_option("--out", options.out, "Folder for log.txt, state.pt and hf/")->required();
    app.add_option("--tokens", options.tokens, "Token budget");
    app.add_option("--minutes", options.minutes, "Wall-clock budget; the schedule follows whichever is nearer its end");
    app.add_option("--batch-tokens", options.batchTokens, "Tokens per step");
    app.add_option("--rate", options.rate, "Peak learning rate");
    app.add_option("--warm-up", options.warmUpSteps, "Warm-up steps");
    app.add_option("--round-from", options.roundFrom, "Progress from which weights are rounded as exported");
    app.add_option("--bf16-until", options.bf16Until, "Progress up to which matrix products run in BF16");
    app.add_option("--mtp-from", options.mtpFrom, "Progress from which the MTP layer learns");
    app.add_option("--save-every", options.saveEveryMinutes, "Minutes between states");
    app.add_option("--export-every", options.exportEveryMinutes, "Minutes between exports");
    app.add_option("--seed", options.seed, "Seed of weights and data");
    app.add_option_function<std::string>(
        "--mix",
        [&options](const std::string &text) {
            try {
                options.mix = parseMix(text);
            } catch (const std::invalid_argument &error) {
                throw CLI::ValidationError("--mix", error.what());
            }
        },
        "Shares of tasks that differ from the default, e.g. sorting=26,comparing=16");
    app.add_flag("--resume", options.resume, "Go on from state.pt");
    app.add_flag("--overfit", options.overfit, "Train on a single batch (sanity check)");
}

/// Rows of "id next logits... mtp logits..." as raw floats, for comparison with other implementations.
void dumpLogits(Trainer &trainer, const Vocabulary &vocabulary, const std::string &file)
{
    trainer.model().parameters().refreshLive(true);
    std::mt19937_64 rng(12345);
    std::ofstream out(file, std::ios::binary);
    for (int i = 0; i < 4; ++i) {
        const auto batch = makeBatch({sampleTrainingSequence(vocabulary, defaultMix(), rng)}, vocabulary.pad());
        const auto logits = trainer.model().logits(batch);
        const auto ids = torch::stack({batch.ids, batch.nextIds}, 1).to(torch::kFloat32);
        const auto rows = torch::cat({ids, logits, trainer.model().mtpLogits(batch)}, 1).contiguous();
        out.write(static_cast<const char *>(rows.data_ptr()), rows.numel() * 4);
    }
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app("Trains a nano DeepSeek-V3 on generated tasks");
    TrainOptions options;
    NanoConfig config;
    int threads = 1;
    std::string dump;
    addTrainOptions(app, options);
    addModelOptions(app, config);
    app.add_option("--threads", threads, "CPU threads");
    app.add_option("--dump-logits", dump, "With --resume: write logits of a few sequences and stop");
    CLI11_PARSE(app, argc, argv);
    installPooledAllocator();
    at::set_num_threads(threads);
    const Vocabulary vocabulary;
    config.vocab = vocabulary.size();
    try {
        Trainer trainer(options, config, vocabulary);
        if (dump.empty())
            trainer.run();
        else
            dumpLogits(trainer, vocabulary, dump);
    } catch (const std::exception &error) {
        std::cerr << "bathyscope-train: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
