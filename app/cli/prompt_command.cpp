// prompt: what is really sent to the model.

#include "app/cli/command.h"
#include "app/cli/conversation_file.h"
#include "app/cli/engine_client.h"
#include "app/cli/json_output.h"
#include "app/cli/prompt_source.h"
#include "app/cli/thought_options.h"

#include <memory>
#include <optional>

namespace app::cli {

namespace {

struct PromptOptions {
    PromptSource prompt;
    std::optional<std::string> conversation;
    ThoughtOptions thoughts;
    bool continueLast = false;
};

engine::GenerationRequest buildRequest(const PromptOptions &options)
{
    engine::GenerationRequest request;
    request.messages = options.conversation ? readConversation(*options.conversation) : options.prompt.messages();
    request.continueLast = options.continueLast;
    request.captureRouting = false;
    options.thoughts.fill(request);
    return request;
}

Json messageOrNull(int message)
{
    return message < 0 ? Json() : Json(message);
}

Json toJson(const engine::PromptPart &part)
{
    return {{"source", nameOf(part.source)},
            {"message", messageOrNull(part.message)},
            {"first_token", part.firstToken},
            {"token_count", part.tokenCount},
            {"text", part.text}};
}

Json toJson(const engine::PromptOmission &omission)
{
    return {{"message", messageOrNull(omission.message)},
            {"source", nameOf(omission.source)},
            {"reason", nameOf(omission.reason)},
            {"tokens", omission.tokens},
            {"text", omission.text}};
}

Json resultJson(const engine::ModelInfo &model, const engine::PromptShown &shown)
{
    Json tokens = Json::array();
    Json parts = Json::array();
    Json omissions = Json::array();
    std::string text;
    for (const auto &token : shown.tokens)
        tokens.push_back(token.token);
    for (const auto &part : shown.parts) {
        parts.push_back(toJson(part));
        text += part.text;
    }
    for (const auto &omission : shown.omissions)
        omissions.push_back(toJson(omission));
    return {{"model", modelIdentity(model)},
            {"template", shown.templateName},
            {"text", text},
            {"tokens", tokens},
            {"parts", parts},
            {"omissions", omissions},
            {"starts_in", nameOf(shown.startsIn)},
            {"context_length", shown.contextLength}};
}

/// "user 1", "markup": what a line of the listing is about.
std::string label(engine::PromptSource source, int message)
{
    return nameOf(source) + (message < 0 ? std::string() : " " + std::to_string(message + 1));
}

/// Line breaks inside a text keep to its column.
std::string indented(const std::string &text)
{
    std::string result = "    ";
    for (const char c : text)
        result += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return result + "\n";
}

std::string idsOf(const engine::PromptShown &shown, const engine::PromptPart &part)
{
    std::string ids;
    for (int i = part.firstToken; i < part.firstToken + part.tokenCount; ++i)
        ids += " " + std::to_string(shown.tokens[static_cast<std::size_t>(i)].token);
    return ids;
}

std::string describe(const engine::PromptShown &shown)
{
    std::string text;
    for (const auto &part : shown.parts)
        text += label(part.source, part.message) + ":" + idsOf(shown, part) + "\n" + indented(part.text);
    return text;
}

std::string describeOmissions(const engine::PromptShown &shown)
{
    std::string text;
    for (const auto &omission : shown.omissions)
        text += "not shown to the model: " + label(omission.source, omission.message) + ", " +
                std::to_string(omission.tokens) + " tokens (" + nameOf(omission.reason) + ")\n";
    return text;
}

ExitCode runPrompt(const PromptOptions &options, Context &context)
{
    const engine::GenerationRequest request = buildRequest(options);
    EngineClient client(context.options.engineOptions(), context.interrupts);
    const engine::ModelInfo &model = client.load(modelFolder(context.options));
    const engine::PromptShown shown = client.showPrompt(request);
    if (context.options.json) {
        context.terminal.write(Stream::Output, dumpPretty(resultJson(model, shown)));
        return ExitCode::Ok;
    }
    context.terminal.write(Stream::Output, describe(shown));
    context.terminal.write(Stream::Error, describeOmissions(shown), Style::Dim);
    context.terminal.writeLine(Stream::Error,
                               std::to_string(shown.tokens.size()) + " of " + std::to_string(shown.contextLength) +
                                   " tokens, template " + shown.templateName + ", the reply begins with " +
                                   (shown.startsIn == engine::TextPart::Thinking ? "a thought" : "an answer"),
                               Style::Dim);
    return ExitCode::Ok;
}

} // namespace

void addPromptCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command =
        addCommand(program, selection, "prompt", "Show what is really sent to the model, token by token");
    const auto options = std::make_shared<PromptOptions>();
    options->prompt.addTo(command);
    command
        .add_option("--conversation", options->conversation,
                    "File with a whole conversation in place of the options above, - = standard input")
        ->type_name("FILE");
    command.add_flag("--continue", options->continueLast, "The last message is an answer to be continued");
    options->thoughts.addTo(command);
    command.callback([&selection, options] {
        if (!options->conversation)
            options->prompt.require();
        selection.action = [options](Context &context) { return runPrompt(*options, context); };
    });
}

} // namespace app::cli
