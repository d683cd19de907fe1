// bathyscope-cli: the engine without a window, for servers and continuous integration.

#include "app/cli/command.h"
#include "app/cli/json_output.h"

#include <algorithm>
#include <new>
#include <string_view>

namespace {

using namespace app::cli;

enum class Form { Text, Json, JsonLine };

/// Known before the command line is parsed, because wrong usage is reported in the same form. What chat writes is read
/// line by line.
Form wantedForm(int argc, char **argv)
{
    const bool json =
        std::any_of(argv + 1, argv + argc, [](const char *argument) { return std::string_view(argument) == "--json"; });
    if (!json)
        return Form::Text;
    return std::string_view(argv[1]) == "chat" ? Form::JsonLine : Form::Json;
}

/// `event` is what the last line of chat is called.
void writeResult(Terminal &terminal, Form form, const char *event, Json result)
{
    if (form == Form::Json)
        terminal.write(Stream::Output, dumpPretty(result));
    if (form != Form::JsonLine)
        return;
    Json line = {{"event", event}};
    line.update(result);
    terminal.write(Stream::Output, dumpLine(line));
}

/// The sentence first: a standard output that cannot take the object must not hide what went wrong.
ExitCode report(Terminal &terminal, const CommandError &error, Form form)
{
    terminal.writeLine(Stream::Error, std::string("bathyscope-cli: ") + error.what());
    terminal.writeLine(Stream::Error, error.nextStep());
    try {
        writeResult(terminal, form, "failed", {{"error", toJson(error)}});
    } catch (const CommandError &) {
        return error.exitCode(); // the first error is the one to act on
    }
    return error.exitCode();
}

ExitCode interrupted(Terminal &terminal, Form form)
{
    terminal.clearProgress();
    writeResult(terminal, form, "interrupted", {{"interrupted", true}});
    return ExitCode::Interrupted;
}

std::string helpCommand(const CLI::App &program)
{
    const auto chosen = program.get_subcommands();
    return "bathyscope-cli " + (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help lists what there is.";
}

/// Fills `selection`, or says why not. True if there is something to run.
bool parse(int argc, char **argv, Selection &selection, Terminal &terminal)
{
    CLI::App program("Runs DeepSeek models and shows how they think.", "bathyscope-cli");
    program.set_version_flag("--version", "bathyscope-cli " BATHYSCOPE_VERSION);
    program.require_subcommand(0, 1); // a missing one is told below: CLI11 would not name an unknown one
    program.footer(exitCodesHelp());
    addChatCommand(program, selection);
    addGenerateCommand(program, selection);
    addPromptCommand(program, selection);
    addEvalCommand(program, selection);
    addBenchCommand(program, selection);
    addTraceCommand(program, selection);
    addInfoCommand(program, selection);
    addDevicesCommand(program, selection);
    addPlanCommand(program, selection);
    addSynthCommand(program, selection);
    addVerifyCommand(program, selection);
    addExpectCommand(program, selection);
    try {
        program.parse(argc, argv);
        if (!selection.action)
            throw CommandError::usage("There is no command.", "bathyscope-cli --help lists them.");
        return true;
    } catch (const CLI::CallForVersion &version) {
        terminal.writeLine(Stream::Output, version.what());
    } catch (const CLI::CallForHelp &) {
        terminal.write(Stream::Output, program.help());
    } catch (const CLI::ParseError &error) {
        throw CommandError::usage(error.what(), helpCommand(program));
    }
    return false;
}

ExitCode run(int argc, char **argv, Terminal &terminal)
{
    Selection selection;
    if (!parse(argc, argv, selection, terminal))
        return ExitCode::Ok;
    Interrupts interrupts;
    Context context{selection.options, terminal, interrupts};
    return selection.action(context);
}

ExitCode runGuarded(int argc, char **argv, Terminal &terminal)
{
    const Form form = wantedForm(argc, argv);
    const auto fail = [&](ExitCode exitCode, const char *code, const std::string &sentence, const char *nextStep) {
        return report(terminal, CommandError(exitCode, code, sentence, nextStep), form);
    };
    try {
        return run(argc, argv, terminal);
    } catch (const Interrupted &) {
        return interrupted(terminal, form);
    } catch (const OutputClosed &) {
        return ExitCode::OutputClosed;
    } catch (const CommandError &error) {
        return report(terminal, error, error.code() == "output_failed" ? Form::Text : form);
    } catch (const std::bad_alloc &) {
        return fail(ExitCode::Failed, "out_of_memory", "There is not enough memory.",
                    "Close other programs, then try again.");
    } catch (const std::exception &error) {
        return fail(ExitCode::Failed, "internal", error.what(), "Please report this with the command line you used.");
    }
}

} // namespace

int main(int argc, char **argv)
{
    Terminal terminal;
    try {
        return static_cast<int>(runGuarded(argc, argv, terminal));
    } catch (const OutputClosed &) {
        return static_cast<int>(ExitCode::OutputClosed); // while reporting an error
    } catch (const std::exception &) {
        return static_cast<int>(ExitCode::Failed);
    }
}
