// generate: one reply to one prompt.

#include "app/cli/command.h"
#include "app/cli/engine_client.h"
#include "app/cli/json_output.h"
#include "app/cli/prompt_source.h"
#include "app/cli/sampler_options.h"
#include "app/cli/statistics_line.h"
#include "app/cli/thought_options.h"

#include <memory>
#include <utility>

namespace app::cli {

namespace {

struct GenerateOptions {
    PromptSource prompt;
    SamplerOptions sampler;
    ThoughtOptions thoughts;
    bool showThinking = false;
};

engine::GenerationRequest buildRequest(const GenerateOptions &options, const engine::ModelInfo &model)
{
    engine::GenerationRequest request;
    request.messages = options.prompt.messages();
    request.sampler = options.sampler.settings(model);
    request.maxTokens = options.sampler.maxTokens(model);
    request.captureRouting = false;
    options.thoughts.fill(request);
    return request;
}

Json resultJson(const engine::ModelInfo &model, const engine::GenerationRequest &request, const Reply &reply)
{
    return {
        {"model", modelIdentity(model)},
        {"thinking", reply.thinking},
        {"answer", reply.answer},
        {"tokens", reply.tokens},
        {"finish_reason", nameOf(reply.reason)},
        {"ended_in", nameOf(reply.endedIn)},
        {"seed", request.sampler.seed},
        {"sampler", toJson(request.sampler)},
        {"max_tokens", request.maxTokens},
        {"statistics", toJson(reply.statistics)},
    };
}

/// The answer on standard output as it comes, the thinking on standard error.
class PlainView {
public:
    PlainView(Terminal &terminal, bool showThinking) : m_terminal(terminal), m_showThinking(showThinking) {}

    void show(const engine::GenerationEvent &event)
    {
        if (const auto *progress = std::get_if<engine::PromptProgress>(&event))
            m_terminal.showProgress("reading the prompt: " + std::to_string(progress->done) + " of " +
                                    std::to_string(progress->total) + " tokens");
        if (const auto *token = std::get_if<engine::TokenGenerated>(&event))
            show(token->pieces);
        if (const auto *finished = std::get_if<engine::GenerationFinished>(&event))
            show(finished->pieces);
    }

    void finish(const Reply &reply)
    {
        endThinking();
        m_terminal.write(Stream::Output, "\n");
        m_terminal.writeLine(Stream::Error, statisticsLine(reply.statistics), Style::Dim);
        if (reply.reason != engine::FinishReason::EndOfSequence)
            m_terminal.writeLine(Stream::Error,
                                 std::string("The reply is not complete: ") + nameOf(reply.reason) + ".");
    }

private:
    void show(const std::vector<engine::TextPiece> &pieces)
    {
        for (const auto &piece : pieces) {
            if (piece.part == engine::TextPart::Answer) {
                endThinking();
                m_terminal.write(Stream::Output, piece.text);
            } else if (m_showThinking) {
                m_terminal.write(Stream::Error, piece.text, Style::Dim);
                m_afterThinking = piece.text.back() == '\n' ? "\n" : "\n\n";
            }
        }
    }

    void endThinking() { m_terminal.write(Stream::Error, std::exchange(m_afterThinking, "")); }

    Terminal &m_terminal;
    bool m_showThinking;
    const char *m_afterThinking = ""; ///< what sets the answer apart
};

ExitCode exitCodeOf(const Reply &reply)
{
    return reply.reason == engine::FinishReason::Stopped ? ExitCode::Interrupted : ExitCode::Ok;
}

ExitCode runGenerate(const GenerateOptions &options, Context &context)
{
    EngineClient client(context.options.engineOptions(), context.interrupts);
    const engine::ModelInfo &model = client.load(modelFolder(context.options));
    const engine::GenerationRequest request = buildRequest(options, model);
    if (context.options.json) {
        const Reply reply = client.generate(request);
        context.terminal.write(Stream::Output, dumpPretty(resultJson(model, request, reply)));
        return exitCodeOf(reply);
    }
    PlainView view(context.terminal, options.showThinking || context.terminal.isTerminal(Stream::Error));
    const Reply reply = client.generate(request, [&view](const auto &event) { view.show(event); });
    view.finish(reply);
    return exitCodeOf(reply);
}

} // namespace

void addGenerateCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = addCommand(program, selection, "generate", "Write one reply to one prompt");
    const auto options = std::make_shared<GenerateOptions>();
    options->prompt.addTo(command);
    options->sampler.addTo(command);
    options->thoughts.addTo(command);
    command.add_flag("--show-thinking", options->showThinking,
                     "Show the thinking on standard error even where that is not a terminal");
    command.callback([&selection, options] {
        options->prompt.require();
        selection.action = [options](Context &context) { return runGenerate(*options, context); };
    });
}

} // namespace app::cli
