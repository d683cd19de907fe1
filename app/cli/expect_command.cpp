// expect: what a forward pass moves and how long it must take at least, from the shapes alone.

#include "app/cli/command.h"
#include "app/cli/format.h"
#include "app/cli/op_table.h"

#include <map>
#include <memory>

namespace app::cli {

namespace {

struct ExpectOptions {
    engine::ModelShape shape;
    int context = 0;
    int tokens = 1;
    engine::Roofline roof{4.8e12, 9.89e14};
};

std::string describe(const engine::StepFigures &step, const engine::Roofline &roof)
{
    const double milliseconds = roof.milliseconds(step);
    const double bytes = step.total().bytes();
    return opTable(step, 1, roof) + "\n" +
           properties({{"Step", std::to_string(step.tokens) + " tokens after " + std::to_string(step.context)},
                       {"Bytes", byteSize(static_cast<std::uint64_t>(bytes))},
                       {"At least", fixed(milliseconds, 3) + " ms, " + rate(1e3 * step.tokens / milliseconds) + " at " +
                                        fixed(roof.bytesPerSecond / 1e9, 0) + " GB/s and " +
                                        fixed(roof.flopsPerSecond / 1e12, 0) + " TFLOP/s"}});
}

Json toJson(const engine::StepFigures &step, const engine::Roofline &roof)
{
    const engine::OpFigure total = step.total();
    return {{"context", step.context},
            {"tokens", step.tokens},
            {"bytes", total.bytes()},
            {"weight_bytes", total.weightBytes},
            {"cache_bytes", total.cacheBytes},
            {"flops", total.flops},
            {"milliseconds", roof.milliseconds(step)},
            {"ops", opJson(step, 1, roof)}};
}

ExitCode runExpect(const ExpectOptions &options, Context &context)
{
    engine::ModelShape shape = options.shape;
    if (shape.configFile.empty())
        shape.path = modelFolder(context.options);
    try {
        const engine::StepFigures step = engine::expectStep(shape, options.context, options.tokens);
        context.terminal.write(Stream::Output, context.options.json ? dumpPretty(toJson(step, options.roof))
                                                                    : describe(step, options.roof));
    } catch (const engine::Error &error) {
        throw CommandError::loadFailed({error.code(), error.file(), error.field(), error.what()});
    }
    return ExitCode::Ok;
}

void addShapeOptions(CLI::App &command, Selection &selection, ExpectOptions &options)
{
    command.add_option("--model", selection.options.model, "Model on disk (default: the bundled nano-r1)")
        ->type_name("PATH");
    command.add_option("--config", options.shape.configFile, "config.json of a model that need not be here")
        ->type_name("FILE");
    const std::map<std::string, engine::SyntheticStorage> storages{{"f32", engine::SyntheticStorage::F32},
                                                                   {"bf16", engine::SyntheticStorage::BF16},
                                                                   {"fp8", engine::SyntheticStorage::FP8}};
    command.add_option("--storage", options.shape.storage, "With --config: f32, bf16 or fp8 (default: bf16)")
        ->transform(CLI::CheckedTransformer(storages).description(""))
        ->type_name("TYPE");
    command.add_option("--layers", options.shape.layers, "With --config: layers (default: as the config says)")
        ->check(within(1, 1024))
        ->type_name("N");
    addCacheOption(command, options.shape.cache);
}

} // namespace

void addExpectCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = *program.add_subcommand("expect", "Show what a forward pass moves and must take at least");
    const auto options = std::make_shared<ExpectOptions>();
    addShapeOptions(command, selection, *options);
    command.add_option("--context", options->context, "Tokens in the cache before (default: 0)")
        ->check(within(0, 1 << 30))
        ->type_name("N");
    command.add_option("--tokens", options->tokens, "Tokens of the call (default: 1, a decode step)")
        ->check(within(1, 1 << 30))
        ->type_name("M");
    command.add_option("--bandwidth", options->roof.bytesPerSecond, "Bytes per second (default: 4.8e12, an H200)")
        ->check(within(1.0, 1e18))
        ->type_name("B");
    command.add_option("--flops", options->roof.flopsPerSecond, "Operations per second (default: 9.89e14)")
        ->check(within(1.0, 1e21))
        ->type_name("F");
    command.add_flag("--json", selection.options.json, "Machine-readable output");
    command.footer(exitCodesHelp());
    command.callback([&selection, options] {
        selection.action = [options](Context &context) { return runExpect(*options, context); };
    });
}

} // namespace app::cli
