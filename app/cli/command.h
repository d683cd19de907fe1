#pragma once
// What the commands have in common. Each command file registers one sub-command and its action.

#include "app/cli/exit_codes.h"
#include "app/cli/interrupts.h"
#include "app/cli/terminal.h"
#include "engine/engine.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace app::cli {

struct CommonOptions {
    std::string model; ///< folder as given, empty = the bundled one
    int threads = 0;
    int context = 0;
    std::uint64_t memoryLimit = 0;
    std::string device = "cpu";
    bool json = false;
    std::shared_ptr<engine::Devices> devices; ///< null: those of this machine
    engine::CacheFormat cache = engine::CacheFormat::Automatic;

    engine::Activations activations = engine::Activations::Exact;

    engine::EngineOptions engineOptions() const
    {
        return {threads, context, memoryLimit, device, devices, activations, cache};
    }
};

struct Context {
    const CommonOptions &options;
    Terminal &terminal;
    Interrupts &interrupts;
};

using Action = std::function<ExitCode(Context &)>;

/// Filled by the parser: the action of the chosen sub-command.
struct Selection {
    CommonOptions options;
    Action action;
};

/// A sub-command that already has --model, --threads, --context, --memory-limit, --device, --activations, --cache and
/// --json. `selection` outlives the parsing.
CLI::App &addCommand(CLI::App &program, Selection &selection, const std::string &name, const std::string &description);

void addActivationsOption(CLI::App &command, CommonOptions &options);
/// --cache
void addCacheOption(CLI::App &command, engine::CacheFormat &format);

/// A check of the limits that leaves them out of the help text.
template <typename Number>
CLI::Validator within(Number lowest, Number highest)
{
    return CLI::Range(lowest, highest).description("");
}

/// The folder of --model, else of the bundled model. Throws CommandError (exit code NoModel).
std::string modelFolder(const CommonOptions &options);

void addChatCommand(CLI::App &program, Selection &selection);
void addPromptCommand(CLI::App &program, Selection &selection);
void addGenerateCommand(CLI::App &program, Selection &selection);
void addEvalCommand(CLI::App &program, Selection &selection);
void addBenchCommand(CLI::App &program, Selection &selection);
void addTraceCommand(CLI::App &program, Selection &selection);
void addInfoCommand(CLI::App &program, Selection &selection);
void addDevicesCommand(CLI::App &program, Selection &selection);
void addPlanCommand(CLI::App &program, Selection &selection);
void addSynthCommand(CLI::App &program, Selection &selection);
void addVerifyCommand(CLI::App &program, Selection &selection);
void addExpectCommand(CLI::App &program, Selection &selection);

} // namespace app::cli
