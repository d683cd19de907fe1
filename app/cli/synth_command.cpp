// synth: a model folder with random weights, to measure size and speed at real shapes.

#include "app/cli/command.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "engine/synthetic_model.h"

#include <filesystem>
#include <map>
#include <memory>

namespace app::cli {

namespace {

namespace fs = std::filesystem;

struct SynthOptions {
    engine::SyntheticModelOptions model;
    std::string tokenizer; ///< folder; empty: of the bundled model
};

/// Without a tokenizer the folder could be planned but not run.
void copyTokenizer(const std::string &from, const std::string &to)
{
    for (const char *name : {"tokenizer.json", "tokenizer_config.json"}) {
        std::error_code error;
        fs::copy_file(fs::path(from) / name, fs::path(to) / name, fs::copy_options::skip_existing, error);
        if (error)
            throw CommandError(ExitCode::Failed, "tokenizer_not_copied",
                               std::string(name) + " of " + from + " cannot be copied: " + error.message() + ".",
                               "Give a folder that has it with --tokenizer.");
    }
}

ExitCode runSynth(Context &context, const SynthOptions &options)
{
    const std::string tokenizer = options.tokenizer.empty() ? modelFolder(context.options) : options.tokenizer;
    bool stopped = false;
    std::uint64_t bytes = 0;
    try {
        bytes = engine::writeSyntheticModel(options.model, [&](std::uint64_t done, std::uint64_t total) {
            context.terminal.showProgress(byteSize(done) + " of " + byteSize(total));
            stopped = context.interrupts.take();
            return !stopped;
        });
    } catch (const engine::Error &error) {
        context.terminal.clearProgress();
        throw CommandError::loadFailed({error.code(), error.file(), error.field(), error.what()});
    }
    context.terminal.clearProgress();
    if (stopped)
        throw Interrupted();
    copyTokenizer(tokenizer, options.model.folder);
    if (context.options.json)
        context.terminal.write(Stream::Output, dumpPretty({{"folder", options.model.folder}, {"weight_bytes", bytes}}));
    else
        context.terminal.writeLine(Stream::Output, options.model.folder + ": " + byteSize(bytes) + " of weights");
    return ExitCode::Ok;
}

} // namespace

void addSynthCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = *program.add_subcommand("synth", "Write a model with random weights at real shapes");
    const auto options = std::make_shared<SynthOptions>();
    command.add_option("--config", options->model.configFile, "config.json of the model to imitate")
        ->required()
        ->type_name("FILE");
    command.add_option("--out", options->model.folder, "Folder to write")->required()->type_name("DIR");
    const std::map<std::string, engine::SyntheticStorage> storages{{"f32", engine::SyntheticStorage::F32},
                                                                   {"bf16", engine::SyntheticStorage::BF16},
                                                                   {"fp8", engine::SyntheticStorage::FP8}};
    command.add_option("--storage", options->model.storage, "f32, bf16 or fp8 (default: bf16)")
        ->transform(CLI::CheckedTransformer(storages).description(""))
        ->type_name("TYPE");
    command.add_option("--layers", options->model.layers, "Layers (default: as the config says)")
        ->check(within(1, 1024))
        ->type_name("N");
    command.add_option("--seed", options->model.seed, "Seed of the weights (default: 1)")->type_name("N");
    command
        .add_option("--tokenizer", options->tokenizer, "Folder whose tokenizer is copied (default: the bundled one)")
        ->type_name("DIR");
    command.add_flag("--json", selection.options.json, "Machine-readable output");
    command.footer(exitCodesHelp());
    command.callback([&selection, options] {
        selection.action = [options](Context &context) { return runSynth(context, *options); };
    });
}

} // namespace app::cli
