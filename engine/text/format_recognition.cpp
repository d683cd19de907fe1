#include "engine/text/detail/format_recognition.h"

#include <array>
#include <memory>

namespace engine::text::detail {
namespace {

/// A message as a template sees it: the content of an assistant message is the model's raw output.
struct RawMessage {
    Role role;
    std::string content;
};
using Conversation = std::vector<RawMessage>;

/// What the template is asked for. ThinkingMode::Template: the variable is not defined.
struct Trial {
    bool generationPrompt;
    ThinkingMode thinking;
};

/// Conversations on which no two formats agree. They hold what templates treat in different ways: several and late
/// system messages, several thoughts, a thought that is not closed, white space at the ends, equal roles in a row, an
/// answer to nothing.
const std::vector<Conversation> &probes()
{
    constexpr Role system = Role::System;
    constexpr Role user = Role::User;
    constexpr Role assistant = Role::Assistant;
    static const std::vector<Conversation> conversations = {
        {{user, "U1"}},
        {{user, " U1\nsecond line \n"}},
        {{system, "S1\n"}, {user, "U1"}, {assistant, "A1"}, {user, "U2"}},
        {{system, "S1"}, {system, "S2"}, {user, "U1"}},
        {{user, "U1"}, {assistant, "T1</think>\n\nA1"}, {user, "U2"}},
        {{user, "U1"}, {assistant, "<think>\nT1\n</think>x</think>\n\n A1 "}, {user, "U2"}},
        {{user, "U1"}, {assistant, "<think>\nT1"}, {user, "U2"}, {assistant, "A2"}, {user, "U3"}},
        {{user, "U1"}, {assistant, "A1"}, {system, "S1"}, {user, "U2"}},
        {{user, "U1"}, {system, "S1"}, {assistant, "A1"}, {user, "U2"}, {system, "S2"}},
        {{user, "U1"}, {user, "U2"}, {assistant, "A1"}, {assistant, "A2"}},
        {{system, ""}, {user, ""}, {assistant, ""}, {user, "U2"}},
        {{system, "S1"}},
        {{assistant, "A1"}, {user, "U1"}},
    };
    return conversations;
}

const char *nameOf(Role role)
{
    return role == Role::System ? "system" : role == Role::User ? "user" : "assistant";
}

std::string renderedByTemplate(const TemplateNode &program, const Conversation &messages, const std::string &bos,
                               const std::string &eos, const Trial &trial)
{
    auto list = std::make_shared<std::vector<TemplateValue>>();
    for (const RawMessage &message : messages) {
        auto fields = std::make_shared<std::map<std::string, TemplateValue>>();
        (*fields)["role"].held = std::string(nameOf(message.role));
        (*fields)["content"].held = message.content;
        list->push_back({fields});
    }
    std::map<std::string, TemplateValue> variables = {{"messages", {list}},
                                                      {"bos_token", {bos}},
                                                      {"eos_token", {eos}},
                                                      {"add_generation_prompt", {trial.generationPrompt}}};
    if (trial.thinking != ThinkingMode::Template)
        variables["thinking"].held = trial.thinking == ThinkingMode::On;
    return runTemplate(program, std::move(variables));
}

std::string renderedByFormat(const ChatFormat &format, const Conversation &messages, const std::string &bos,
                             const std::string &eos, const Trial &trial)
{
    std::vector<Turn> turns;
    for (const RawMessage &message : messages) {
        const bool answer = message.role == Role::Assistant;
        turns.push_back(
            {message.role, -1, answer ? historyContent(format, message.content) : message.content, std::nullopt});
    }
    PromptRuns runs = layOutHistory(format, turns, bos, eos);
    // The others do not know the variable.
    const bool switches = format.thought == ChatFormat::Thought::Switched;
    const ThinkingMode thinking = switches ? trial.thinking : ThinkingMode::Template;
    if (trial.generationPrompt && appendOpening(format, turns, Answer::New, runs))
        append(runs, format.thoughtTag(thinking), PromptSource::Markup, -1);
    return textOf(runs);
}

} // namespace

std::optional<ChatFormat> recogniseFormat(const TemplateNode &program, const std::string &bos, const std::string &eos,
                                          const std::function<void()> &beforeTrial)
{
    static constexpr std::array<Trial, 6> trials = {{{true, ThinkingMode::Template},
                                                     {true, ThinkingMode::On},
                                                     {true, ThinkingMode::Off},
                                                     {false, ThinkingMode::Template},
                                                     {false, ThinkingMode::On},
                                                     {false, ThinkingMode::Off}}};
    std::vector<ChatFormat> candidates = knownFormats();
    for (const Conversation &messages : probes()) {
        for (const Trial &trial : trials) {
            beforeTrial();
            const std::string expected = renderedByTemplate(program, messages, bos, eos, trial);
            std::erase_if(candidates, [&](const ChatFormat &format) {
                return renderedByFormat(format, messages, bos, eos, trial) != expected;
            });
            if (candidates.empty())
                return std::nullopt;
        }
    }
    return candidates.front();
}

} // namespace engine::text::detail
