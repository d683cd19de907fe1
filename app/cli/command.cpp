#include "app/cli/command.h"

#include <filesystem>
#include <map>
#include <system_error>

namespace app::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char *bundledModel = "nano-r1";

/// share/bathyscope/models of an installed program, else resources/models of the source tree it was built in.
fs::path bundledModels()
{
    std::error_code error;
    fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    if (error)
        return {};
    const fs::path installed = folder.parent_path() / "share/bathyscope/models";
    if (fs::is_directory(installed, error))
        return installed;
    for (;; folder = folder.parent_path()) {
        if (fs::is_directory(folder / "resources/models", error))
            return folder / "resources/models";
        if (folder == folder.parent_path())
            return {};
    }
}

void requireModel(const std::string &path)
{
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    const char *const nextStep =
        "Give --model a folder that holds config.json, tokenizer.json and the weights, or a GGUF file.";
    if (status.type() == fs::file_type::none)
        throw CommandError(ExitCode::NoModel, "folder_unreadable",
                           "The model " + path + " cannot be reached: " + error.message() + ".",
                           "Check the folders on the way to it and that you may open them.");
    if (!fs::exists(status))
        throw CommandError(ExitCode::NoModel, "folder_missing", "The model " + path + " does not exist.", nextStep);
    if (!fs::is_directory(status) && !fs::is_regular_file(status))
        throw CommandError(ExitCode::NoModel, "folder_missing", path + " is neither a folder nor a file.", nextStep);
}

} // namespace

void addCacheOption(CLI::App &command, engine::CacheFormat &format)
{
    using engine::CacheFormat;
    std::map<std::string, CacheFormat> formats;
    for (const CacheFormat known : {CacheFormat::Automatic, CacheFormat::F32, CacheFormat::BF16, CacheFormat::Fp8})
        formats.emplace(engine::cacheFormatName(known), known);
    command
        .add_option("--cache", format,
                    "Numbers of the cache: auto, f32, bf16 or fp8 (default: auto, f32 for small models, else bf16)")
        ->transform(CLI::CheckedTransformer(formats).description(""))
        ->type_name("FORMAT");
}

CLI::App &addCommand(CLI::App &program, Selection &selection, const std::string &name, const std::string &description)
{
    CLI::App &command = *program.add_subcommand(name, description);
    CommonOptions &options = selection.options;
    command
        .add_option("--model", options.model,
                    "Model folder in the Hugging Face layout, or GGUF file (default: the bundled nano-r1)")
        ->type_name("PATH");
    command.add_option("--threads", options.threads, "CPU threads (default: one per core)")
        ->check(within(1, 1024))
        ->type_name("N");
    command
        .add_option("--context", options.context, "Context in tokens (default: the model's own maximum, or what fits)")
        ->check(within(1, 1 << 30))
        ->type_name("N");
    command
        .add_option("--memory-limit", options.memoryLimit,
                    "Memory a model may take, as 16GB or 12GiB (default: what is available)")
        ->transform(CLI::AsSizeValue(true))
        ->type_name("SIZE");
    command
        .add_option("--device", options.device, "Where to compute, as bathyscope-cli devices lists it (default: cpu)")
        ->type_name("ID");
    addActivationsOption(command, options);
    addCacheOption(command, options.cache);
    command.add_flag("--json", options.json, "Machine-readable output");
    command.footer(exitCodesHelp());
    return command;
}

void addActivationsOption(CLI::App &command, CommonOptions &options)
{
    static const std::map<std::string, engine::Activations> names{{"exact", engine::Activations::Exact},
                                                                  {"fp8", engine::Activations::Fp8}};
    command
        .add_option("--activations", options.activations,
                    "exact, or fp8: what goes into FP8 weights is rounded as in training (default: exact)")
        ->transform(CLI::CheckedTransformer(names).description(""))
        ->type_name("KIND");
}

std::string modelFolder(const CommonOptions &options)
{
    if (!options.model.empty()) {
        requireModel(options.model);
        return options.model;
    }
    const fs::path models = bundledModels();
    std::error_code error;
    if (models.empty() || !fs::is_directory(models / bundledModel, error))
        throw CommandError(ExitCode::NoModel, "no_bundled_model",
                           "The bundled model is not installed beside this program.",
                           "Give the folder of a model with --model.");
    return (models / bundledModel).string();
}

} // namespace app::cli
