// plan: what running a model takes, before a weight is read.

#include "app/cli/command.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "engine/memory_plan.h"

namespace app::cli {

namespace {

Json toJson(const engine::MemoryPlan &plan)
{
    return {{"weight_bytes", plan.weightBytes},
            {"kv_bytes_per_token", plan.kvBytesPerToken},
            {"cache_format", engine::cacheFormatName(plan.cacheFormat)},
            {"context_length", plan.contextLength},
            {"max_context_length", plan.maxContextLength},
            {"kv_bytes", plan.kvBytes},
            {"buffer_bytes", plan.bufferBytes},
            {"total_bytes", plan.totalBytes()},
            {"available_bytes", plan.availableBytes},
            {"largest_context", plan.largestContext},
            {"fits", plan.fits()},
            {"missing_bytes", plan.missingBytes()}};
}

std::string verdict(const engine::MemoryPlan &plan)
{
    if (plan.fits())
        return "fits";
    std::string text = byteSize(plan.missingBytes()) + " are missing";
    if (plan.largestContext > 0)
        text += "; a context of " + std::to_string(plan.largestContext) + " tokens fits (--context)";
    return text;
}

std::string describe(const engine::MemoryPlan &plan)
{
    return properties({
        {"Weights", byteSize(plan.weightBytes)},
        {"Cache", byteSize(plan.kvBytes) + " for " + std::to_string(plan.contextLength) + " tokens, " +
                      byteSize(plan.kvBytesPerToken) + " per token in " +
                      std::string(engine::cacheFormatName(plan.cacheFormat))},
        {"Buffers", byteSize(plan.bufferBytes)},
        {"Together", byteSize(plan.totalBytes()) + " of " + byteSize(plan.availableBytes) + " free: " + verdict(plan)},
    });
}

engine::MemoryPlan planOf(const std::string &folder, const CommonOptions &options)
{
    try {
        return engine::planMemory(folder, options.context, options.threads, options.memoryLimit, options.device,
                                  options.activations, options.cache);
    } catch (const engine::Error &error) {
        throw CommandError::loadFailed({error.code(), error.file(), error.field(), error.what()});
    }
}

ExitCode runPlan(Context &context)
{
    const engine::MemoryPlan plan = planOf(modelFolder(context.options), context.options);
    context.terminal.write(Stream::Output, context.options.json ? dumpPretty(toJson(plan)) : describe(plan));
    return ExitCode::Ok;
}

} // namespace

void addPlanCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = addCommand(program, selection, "plan", "Show what memory a model takes");
    command.callback([&selection] { selection.action = runPlan; });
}

} // namespace app::cli
