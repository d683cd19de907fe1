#include "engine/text/detail/chat_format.h"

#include <algorithm>
#include <memory>

namespace engine::text::detail {
namespace {

constexpr std::string_view closingTag = "</think>";

std::vector<ChatFormat> knownFormats()
{
    using System = ChatFormat::System;
    using History = ChatFormat::History;
    // DeepSeek LLM, MoE, V2, Coder-V2: roles are plain text.
    std::vector<ChatFormat> formats = {
        {System::InPlace, History::Whole, "\n\n", "User: ", "\n\n", "Assistant: ", "Assistant:", false}};
    // V2.5 and later: roles are tokens. The published templates combine these properties.
    for (const System system : {System::Last, System::Joined}) {
        for (const History history : {History::Whole, History::AfterLastThought}) {
            for (const bool opensThought : {false, true})
                formats.push_back(
                    {system, history, "", "<｜User｜>", "", "<｜Assistant｜>", "<｜Assistant｜>", opensThought});
        }
    }
    return formats;
}

/// Conversations on which no two formats agree. They hold what templates treat in different ways: several and late
/// system messages, several thoughts, a thought that is not closed, white space at the ends, equal roles in a row.
const std::vector<std::vector<RawMessage>> &probes()
{
    static const std::vector<std::vector<RawMessage>> conversations = {
        {{"user", "U1"}},
        {{"user", " U1\nsecond line \n"}},
        {{"system", "S1\n"}, {"user", "U1"}, {"assistant", "A1"}, {"user", "U2"}},
        {{"system", "S1"}, {"system", "S2"}, {"user", "U1"}},
        {{"user", "U1"}, {"assistant", "T1</think>\n\nA1"}, {"user", "U2"}},
        {{"user", "U1"}, {"assistant", "<think>\nT1\n</think>x</think>\n\n A1 "}, {"user", "U2"}},
        {{"user", "U1"}, {"assistant", "<think>\nT1"}, {"user", "U2"}, {"assistant", "A2"}, {"user", "U3"}},
        {{"user", "U1"}, {"assistant", "A1"}, {"system", "S1"}, {"user", "U2"}},
        {{"user", "U1"}, {"user", "U2"}, {"assistant", "A1"}, {"assistant", "A2"}},
        {{"system", ""}, {"user", ""}, {"assistant", ""}, {"user", "U2"}},
    };
    return conversations;
}

std::string renderedByTemplate(const TemplateNode &program, const std::vector<RawMessage> &messages,
                               const std::string &bos, const std::string &eos, bool generationPrompt)
{
    auto list = std::make_shared<std::vector<TemplateValue>>();
    for (const RawMessage &message : messages) {
        auto fields = std::make_shared<std::map<std::string, TemplateValue>>();
        (*fields)["role"].held = std::string(message.role);
        (*fields)["content"].held = message.content;
        list->push_back({fields});
    }
    return runTemplate(program, {{"messages", {list}},
                                 {"bos_token", {bos}},
                                 {"eos_token", {eos}},
                                 {"add_generation_prompt", {generationPrompt}}});
}

std::string renderedByFormat(const ChatFormat &format, const std::vector<RawMessage> &messages, const std::string &bos,
                             const std::string &eos, bool generationPrompt)
{
    std::string text;
    for (const PromptPart &part : renderHistory(format, messages, bos, eos))
        text += part.text;
    if (generationPrompt) {
        text += format.generationPrompt;
        text += format.opensThought ? thoughtOpening : "";
    }
    return text;
}

std::string systemText(ChatFormat::System policy, const std::vector<RawMessage> &messages)
{
    std::string text;
    bool first = true;
    for (const RawMessage &message : messages) {
        if (message.role != "system")
            continue;
        if (policy == ChatFormat::System::Last)
            text = message.content;
        else
            text += (first ? "" : "\n\n") + message.content;
        first = false;
    }
    return text;
}

} // namespace

std::string ChatFormat::name() const
{
    if (system == System::InPlace)
        return "deepseek-llm";
    if (opensThought)
        return "deepseek-r1";
    return history == History::Whole ? "deepseek-v3" : "deepseek-r1-0528";
}

std::string historyContent(const ChatFormat &format, const std::string &raw)
{
    const std::size_t tag =
        format.history == ChatFormat::History::AfterLastThought ? raw.rfind(closingTag) : std::string::npos;
    return tag == std::string::npos ? raw : raw.substr(tag + closingTag.size());
}

std::vector<PromptPart> renderHistory(const ChatFormat &format, const std::vector<RawMessage> &messages,
                                      const std::string &bos, const std::string &eos)
{
    std::vector<PromptPart> parts = {{bos, true}};
    const auto add = [&parts](std::string_view before, std::string content, std::string_view after) {
        parts.push_back({std::string(before), true});
        parts.push_back({std::move(content), false});
        parts.push_back({std::string(after), true});
    };
    const bool inPlace = format.system == ChatFormat::System::InPlace;
    if (!inPlace)
        add("", systemText(format.system, messages), "");
    for (const RawMessage &message : messages) {
        if (message.role == "user")
            add(format.beforeUser, message.content, format.afterUser);
        else if (message.role == "assistant")
            add(format.beforeAnswer, historyContent(format, message.content), eos);
        else if (inPlace)
            add("", message.content, format.afterSystem);
    }
    return parts;
}

std::optional<ChatFormat> recogniseFormat(const TemplateNode &program, const std::string &bos, const std::string &eos,
                                          const std::function<void()> &beforeTrial)
{
    std::vector<ChatFormat> candidates = knownFormats();
    for (const std::vector<RawMessage> &messages : probes()) {
        for (const bool generationPrompt : {true, false}) {
            beforeTrial();
            const std::string expected = renderedByTemplate(program, messages, bos, eos, generationPrompt);
            std::erase_if(candidates, [&](const ChatFormat &format) {
                return renderedByFormat(format, messages, bos, eos, generationPrompt) != expected;
            });
        }
    }
    return candidates.empty() ? std::nullopt : std::optional(candidates.front());
}

} // namespace engine::text::detail
