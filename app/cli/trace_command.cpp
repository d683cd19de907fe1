// trace: which experts each token of a prompt and its reply used.

#include "app/cli/command.h"
#include "app/cli/engine_client.h"
#include "app/cli/json_output.h"
#include "app/cli/prompt_source.h"
#include "app/cli/sampler_options.h"

#include <memory>
#include <span>
#include <utility>

namespace app::cli {

namespace {

struct TraceOptions {
    PromptSource prompt;
    SamplerOptions sampler;
};

constexpr const char *alignment = "The layers of position t were computed from input token t and produced token t+1. "
                                  "gates are the weights the expert "
                                  "outputs were multiplied with; experts are ordered by their selection score. The "
                                  "last token was sampled but not read "
                                  "by the model, so its layers are null. text is a prompt token alone, and of a "
                                  "generated token what it made showable: "
                                  "nothing for a tag or inside a character.";

Json routesJson(const engine::ModelInfo &model, std::span<const std::uint16_t> ids, std::span<const float> gates)
{
    const auto perToken = static_cast<std::size_t>(model.expertsPerToken);
    Json layers = Json::array();
    for (std::size_t layer = 0; layer < model.moeLayers.size(); ++layer) {
        Json layerGates = Json::array();
        for (const float gate : gates.subspan(layer * perToken, perToken))
            layerGates.push_back(number(gate));
        layers.push_back({{"layer", model.moeLayers[layer]},
                          {"experts", ids.subspan(layer * perToken, perToken)},
                          {"gates", std::move(layerGates)}});
    }
    return layers;
}

/// Collects the positions in order; a generated token brings the routes of the position before it.
class TraceBuilder {
public:
    explicit TraceBuilder(const engine::ModelInfo &model) : m_model(model) {}

    void add(const engine::GenerationEvent &event)
    {
        if (const auto *prompt = std::get_if<engine::PromptProcessed>(&event))
            addPrompt(*prompt);
        if (const auto *token = std::get_if<engine::TokenGenerated>(&event))
            addToken(*token);
    }

    const std::vector<Json> &positions() const { return m_positions; }
    std::size_t promptTokens() const { return m_promptTokens; }
    std::size_t rows() const { return m_rows; }

private:
    void addPrompt(const engine::PromptProcessed &prompt)
    {
        m_promptTokens = prompt.tokens.size();
        for (std::size_t i = 0; i < prompt.tokens.size(); ++i) {
            append(prompt.tokens[i].token, "prompt", prompt.tokens[i].text);
            setLastRoutes(prompt.promptRoutes.ids(i), prompt.promptRoutes.gates(i));
        }
    }

    void addToken(const engine::TokenGenerated &token)
    {
        if (!token.expertIds.empty())
            setLastRoutes(token.expertIds, token.expertGates);
        std::string text;
        for (const auto &piece : token.pieces)
            text += piece.text;
        append(token.token, nameOf(token.part), text);
    }

    void append(engine::TokenId token, const char *phase, const std::string &text)
    {
        m_positions.push_back({{"position", m_positions.size()},
                               {"token", token},
                               {"phase", phase},
                               {"text", text},
                               {"layers", nullptr}});
    }

    void setLastRoutes(std::span<const std::uint16_t> ids, std::span<const float> gates)
    {
        m_positions.back()["layers"] = routesJson(m_model, ids, gates);
        ++m_rows;
    }

    const engine::ModelInfo &m_model;
    std::vector<Json> m_positions;
    std::size_t m_promptTokens = 0;
    std::size_t m_rows = 0;
};

Json geometryJson(const engine::ModelInfo &model)
{
    Json json = modelIdentity(model);
    json["layers"] = model.layers;
    json["moe_layers"] = model.moeLayers;
    json["routed_experts"] = model.routedExperts;
    json["shared_experts"] = model.sharedExperts;
    json["experts_per_token"] = model.expertsPerToken;
    json["expert_groups"] = model.expertGroups;
    json["groups_per_token"] = model.groupsPerToken;
    return json;
}

Json headJson(const engine::ModelInfo &model, const engine::GenerationRequest &request, const Reply &reply,
              const TraceBuilder &trace)
{
    return {{"model", geometryJson(model)},
            {"alignment", alignment},
            {"seed", request.sampler.seed},
            {"sampler", toJson(request.sampler)},
            {"finish_reason", nameOf(reply.reason)},
            {"prompt_tokens", trace.promptTokens()},
            {"generated_tokens", reply.tokens.size()},
            {"rows", trace.rows()},
            {"statistics", toJson(reply.statistics)}};
}

/// One line per position: a trace is long, and lines can be searched and compared.
void write(Terminal &terminal, const Json &head, const std::vector<Json> &positions)
{
    std::string text = dumpLine(head);
    text.resize(text.size() - std::string_view("}\n").size());
    terminal.write(Stream::Output, text + ",\"positions\":[\n");
    for (std::size_t i = 0; i < positions.size(); ++i) {
        std::string line = dumpLine(positions[i]);
        if (i + 1 < positions.size())
            line.insert(line.size() - 1, ",");
        terminal.write(Stream::Output, line);
    }
    terminal.write(Stream::Output, "]}\n");
}

ExitCode runTrace(const TraceOptions &options, Context &context)
{
    EngineClient client(context.options.engineOptions(), context.interrupts);
    const engine::ModelInfo &model = client.load(modelFolder(context.options));
    if (model.moeLayers.empty())
        throw CommandError(ExitCode::Failed, "no_experts",
                           "The model " + model.name + " is dense: it has no experts to trace.",
                           "Choose a model with experts, such as DeepSeek-V2, V3 or R1.");
    engine::GenerationRequest request;
    request.messages = options.prompt.messages();
    request.sampler = options.sampler.settings(model);
    request.maxTokens = options.sampler.maxTokens(model);
    TraceBuilder trace(model);
    const Reply reply = client.generate(request, [&trace](const auto &event) { trace.add(event); });
    write(context.terminal, headJson(model, request, reply, trace), trace.positions());
    return reply.reason == engine::FinishReason::Stopped ? ExitCode::Interrupted : ExitCode::Ok;
}

} // namespace

void addTraceCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command =
        addCommand(program, selection, "trace", "Write which experts each token used, as JSON with or without --json");
    const auto options = std::make_shared<TraceOptions>();
    options->prompt.addTo(command);
    options->sampler.addTo(command);
    command.callback([&selection, options] {
        options->prompt.require();
        selection.action = [options](Context &context) { return runTrace(*options, context); };
    });
}

} // namespace app::cli
