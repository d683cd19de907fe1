// info: what the model is.

#include "app/cli/command.h"
#include "app/cli/engine_client.h"
#include "app/cli/format.h"
#include "app/cli/json_output.h"

namespace app::cli {

namespace {

std::string experts(const engine::ModelInfo &info)
{
    if (info.routedExperts == 0)
        return "none (dense)";
    std::string text = std::to_string(info.routedExperts) + " routed, " + std::to_string(info.expertsPerToken) +
                       " per token, " + std::to_string(info.sharedExperts) + " shared";
    if (info.expertGroups > 1)
        text += "; " + std::to_string(info.groupsPerToken) + " of " + std::to_string(info.expertGroups) + " groups";
    return text;
}

std::string recommended(const engine::ModelInfo &info)
{
    std::string text;
    const auto add = [&text](const std::string &part) { text += (text.empty() ? "" : ", ") + part; };
    if (info.recommendedTemperature >= 0.0F)
        add("temperature " + fixed(static_cast<double>(info.recommendedTemperature), 2));
    if (info.recommendedTopP > 0.0F)
        add("top-p " + fixed(static_cast<double>(info.recommendedTopP), 2));
    if (info.recommendedMaxTokens > 0)
        add("at most " + std::to_string(info.recommendedMaxTokens) + " tokens");
    if (text.empty())
        return "nothing";
    return text + (info.recommendationSource.empty() ? "" : " (" + info.recommendationSource + ")");
}

std::string thinking(const engine::ModelInfo &info)
{
    if (info.canSwitchThinking)
        return "can be switched";
    return info.reasons ? "always begins with a thought" : "not begun by the template";
}

const char *systemMessages(engine::SystemPromptAdvice advice)
{
    switch (advice) {
    case engine::SystemPromptAdvice::Supported:
        return "supported";
    case engine::SystemPromptAdvice::Discouraged:
        return "the authors advise against them";
    case engine::SystemPromptAdvice::LastOnly:
        return "the model is shown the last one only";
    }
    return "";
}

std::string contextText(const engine::ModelInfo &info)
{
    std::string text = std::to_string(info.contextLength) + " tokens";
    if (info.contextLength < info.maxContextLength)
        text += (info.contextCapped ? ", capped because of memory; the model can do " : ", as chosen, of ") +
                std::to_string(info.maxContextLength);
    return text;
}

std::string describe(const engine::ModelInfo &info)
{
    const auto text = [](int value) { return std::to_string(value); };
    return properties({
        {"Name", info.name},
        {"Folder", info.folder},
        {"Fingerprint", info.fingerprint},
        {"Architecture", info.architecture},
        {"Weights", info.quantization + ", " + byteSize(info.weightBytes)},
        {"Activations", info.activations == engine::Activations::Fp8 ? "FP8, rounded as in training" : "exact"},
        {"Parameters", count(info.parametersTotal) + " in total, " + count(info.parametersActive) +
                           " active per token" +
                           (info.parametersMtp > 0 ? ", MTP module " + count(info.parametersMtp) : "")},
        {"Context", contextText(info) + ", cache " + byteSize(info.kvBytesPerToken) + " per token in " +
                        std::string(engine::cacheFormatName(info.cacheFormat))},
        {"Vocabulary", text(info.vocabSize) + " tokens"},
        {"Layers", text(info.layers) + ", " + text(static_cast<int>(info.moeLayers.size())) + " with experts"},
        {"Attention", text(info.heads) + " heads, hidden size " + text(info.hiddenSize) +
                          (info.kvLoraRank > 0 ? ", latent rank " + text(info.kvLoraRank) : "")},
        {"Experts", experts(info)},
        {"Chat template", info.templateName},
        {"Thinking", thinking(info)},
        {"System messages", systemMessages(info.systemPrompt)},
        {"Recommends", recommended(info)},
    });
}

ExitCode runInfo(Context &context)
{
    EngineClient client(context.options.engineOptions(), context.interrupts);
    const engine::ModelInfo &info = client.load(modelFolder(context.options));
    context.terminal.write(Stream::Output, context.options.json ? dumpPretty(toJson(info)) : describe(info));
    return ExitCode::Ok;
}

} // namespace

void addInfoCommand(CLI::App &program, Selection &selection)
{
    CLI::App &command = addCommand(program, selection, "info", "Show what a model is");
    command.callback([&selection] { selection.action = runInfo; });
}

} // namespace app::cli
