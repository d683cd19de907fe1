// verify: whether a GPU computes as the CPU does.

#include "app/cli/command.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"
#include "engine/verification.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

namespace app::cli {

namespace {

struct VerifyOptions {
    std::string backend = "cuda";
    std::string device; ///< empty: the first of the backend
    std::string sizes = "small";
    bool failuresOnly = false;
};

std::string deviceOf(const VerifyOptions &options)
{
    if (!options.device.empty())
        return options.device;
    return options.backend == "cpu" ? "cpu" : options.backend + ":0";
}

std::string scientific(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1e", value);
    return text;
}

Json toJson(const engine::VerifiedCase &verified)
{
    return {{"subject", verified.subject},
            {"case", verified.shape},
            {"largest_difference", verified.largest},
            {"relative_error", verified.relative},
            {"note", verified.note},
            {"tolerance", verified.tolerance},
            {"passed", verified.passed}};
}

std::vector<std::string> rowOf(const engine::VerifiedCase &verified)
{
    return {verified.passed ? "PASS" : "FAIL", verified.subject + "  " + verified.shape, scientific(verified.largest),
            scientific(verified.relative),     scientific(verified.tolerance),           verified.note};
}

class Verification {
public:
    Verification(const VerifyOptions &options, Context &context) : m_options(options), m_context(context) {}

    ExitCode run()
    {
        const std::string device = deviceOf(m_options);
        const std::string model = modelFolder(m_context.options);
        const auto onCase = [this](const engine::VerifiedCase &verified) { return take(verified); };
        try {
            engine::verifyOps(device, onCase,
                              m_options.sizes == "v3" ? engine::OpSizes::SmallAndV3 : engine::OpSizes::Small);
            engine::verifyModel(model, device, onCase, m_context.options.activations, m_context.options.cache);
        } catch (const engine::Error &error) {
            m_context.terminal.clearProgress();
            throw CommandError::loadFailed({error.code(), error.file(), error.field(), error.what()});
        }
        m_context.terminal.clearProgress();
        write(device);
        return failures() == 0 ? ExitCode::Ok : ExitCode::Failed;
    }

private:
    bool take(const engine::VerifiedCase &verified)
    {
        if (m_context.interrupts.take())
            throw Interrupted();
        m_cases.push_back(verified);
        m_context.terminal.showProgress(verified.subject + ", " + verified.shape);
        return true;
    }
    long failures() const
    {
        return std::count_if(m_cases.begin(), m_cases.end(), [](const auto &verified) { return !verified.passed; });
    }
    void write(const std::string &device)
    {
        if (m_context.options.json) {
            Json cases = Json::array();
            for (const auto &verified : m_cases)
                cases.push_back(toJson(verified));
            m_context.terminal.write(Stream::Output,
                                     dumpPretty({{"device", device}, {"failures", failures()}, {"cases", cases}}));
            return;
        }
        std::vector<std::vector<std::string>> rows{
            {"result", "case", "difference", "relative error", "at most", "model"}};
        for (const auto &verified : m_cases) {
            if (!verified.passed || !m_options.failuresOnly)
                rows.push_back(rowOf(verified));
        }
        m_context.terminal.write(Stream::Output, table(rows));
        m_context.terminal.writeLine(Stream::Output, std::to_string(m_cases.size()) + " cases on " + device + ", " +
                                                         std::to_string(failures()) + " failed");
    }

    const VerifyOptions &m_options;
    Context &m_context;
    std::vector<engine::VerifiedCase> m_cases;
};

} // namespace

void addVerifyCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = *program.add_subcommand("verify", "Compare a GPU with the CPU, op by op and on a model");
    const auto options = std::make_shared<VerifyOptions>();
    command.add_option("--backend", options->backend, "cuda or cpu (default: cuda)")
        ->check(CLI::IsMember({"cuda", "cpu"}).description(""))
        ->type_name("KIND");
    command.add_option("--device", options->device, "As bathyscope-cli devices lists it (default: the first)")
        ->type_name("ID");
    command.add_option("--model", selection.options.model, "Model that is run whole (default: the bundled nano-r1)")
        ->type_name("PATH");
    addActivationsOption(command, selection.options);
    addCacheOption(command, selection.options.cache);
    command
        .add_option("--sizes", options->sizes,
                    "small, or v3: also ops of the size of DeepSeek-V3, with 4 GB of memory (default: small)")
        ->check(CLI::IsMember({"small", "v3"}).description(""))
        ->type_name("SIZES");
    command.add_flag("--failures-only", options->failuresOnly, "Leave out the cases that passed");
    command.add_flag("--json", selection.options.json, "Machine-readable output");
    command.footer(exitCodesHelp());
    command.callback([&selection, options] {
        selection.action = [options](Context &context) { return Verification(*options, context).run(); };
    });
}

} // namespace app::cli
