#include "engine/text/detail/chat_format.h"

#include "engine/text/detail/utf8.h"

#include <algorithm>
#include <utility>

namespace engine::text::detail {
namespace {

using Source = PromptSource;

constexpr std::string_view closingTag = "</think>";

std::vector<ChatFormat> publishedFormats()
{
    using System = ChatFormat::System;
    using History = ChatFormat::History;
    using Opening = ChatFormat::Opening;
    using Thought = ChatFormat::Thought;
    // DeepSeek LLM, MoE, V2, Coder-V2: roles are plain text.
    ChatFormat plain;
    plain.system = System::InPlace;
    plain.afterSystem = "\n\n";
    plain.beforeUser = "User: ";
    plain.afterUser = "\n\n";
    plain.beforeAnswer = "Assistant: ";
    plain.generationPrompt = "Assistant:";
    std::vector<ChatFormat> formats = {plain};
    // V2.5 and later: roles are tokens. The templates of V2.5, V3 and R1 combine these properties.
    for (const System system : {System::Last, System::Joined}) {
        for (const Opening opening : {Opening::EveryAnswer, Opening::EveryUser}) {
            formats.push_back({system, History::Whole, opening, Thought::Never});
            for (const Thought thought : {Thought::ByModel, Thought::Opened})
                formats.push_back({system, History::AfterLastThought, opening, thought});
        }
    }
    // V3.1, then V3.1-Terminus and V3.2-Exp, which always write a generation prompt.
    for (const bool promptNeedsUser : {true, false}) {
        ChatFormat format{System::Joined, History::AfterFirstThought, Opening::FirstAnswer, Thought::Switched};
        format.promptNeedsUser = promptNeedsUser;
        format.afterOpening = closingTag;
        format.thoughtOpening = "<think>";
        format.thoughtClosing = closingTag;
        formats.push_back(format);
    }
    return formats;
}

void appendSystem(const ChatFormat &format, const std::vector<Turn> &turns, PromptRuns &runs)
{
    const auto isSystem = [](const Turn &turn) { return turn.role == Role::System; };
    if (format.system == ChatFormat::System::Last) {
        const auto last = std::find_if(turns.rbegin(), turns.rend(), isSystem);
        if (last != turns.rend())
            append(runs, last->content, Source::System, last->message);
        return;
    }
    bool first = true;
    for (const Turn &turn : turns) {
        if (!isSystem(turn))
            continue;
        append(runs, std::exchange(first, false) ? "" : "\n\n", Source::Markup, turn.message);
        append(runs, turn.content, Source::System, turn.message);
    }
}

void appendAnswer(const ChatFormat &format, const Turn &turn, bool afterUser, const std::string &eos, PromptRuns &runs)
{
    using Opening = ChatFormat::Opening;
    const bool opens = format.opening == Opening::EveryAnswer || (format.opening == Opening::FirstAnswer && afterUser);
    append(runs, opens ? format.beforeAnswer : "", Source::Markup, turn.message);
    if (turn.thought) {
        append(runs, format.thoughtOpening, Source::Markup, turn.message);
        append(runs, *turn.thought, Source::Thinking, turn.message);
        append(runs, format.thoughtClosing, Source::Markup, turn.message);
    } else if (opens) {
        append(runs, format.afterOpening, Source::Markup, turn.message);
    }
    append(runs, turn.content, Source::Answer, turn.message);
    append(runs, eos, Source::Markup, turn.message);
}

/// System messages do not come between a question and its answer.
bool endsWithUser(const std::vector<Turn> &turns)
{
    const auto last = std::find_if(turns.rbegin(), turns.rend(), [](const Turn &t) { return t.role != Role::System; });
    return last != turns.rend() && last->role == Role::User;
}

} // namespace

std::string ChatFormat::name() const
{
    switch (thought) {
    case Thought::Opened:
        return "deepseek-r1";
    case Thought::ByModel:
        return "deepseek-r1-0528";
    case Thought::Switched:
        return "deepseek-v3.1";
    case Thought::Never:
        break;
    }
    return system == System::InPlace ? "deepseek-llm" : "deepseek-v3";
}

bool ChatFormat::allows(ThinkingMode mode) const
{
    switch (mode) {
    case ThinkingMode::On:
        return thought != Thought::Never;
    case ThinkingMode::Off:
        return thought == Thought::Never || thought == Thought::Switched;
    case ThinkingMode::Template:
        break;
    }
    return true;
}

std::string_view ChatFormat::thoughtTag(ThinkingMode mode) const
{
    if (thought == Thought::Opened || mode == ThinkingMode::On)
        return thoughtOpening;
    return thought == Thought::Switched ? thoughtClosing : std::string_view();
}

const std::vector<ChatFormat> &knownFormats()
{
    static const std::vector<ChatFormat> formats = publishedFormats();
    return formats;
}

void append(PromptRuns &runs, std::string_view text, PromptSource source, int message)
{
    if (text.empty())
        return;
    const std::string valid = isValidUtf8(text) ? std::string(text) : toValidUtf8(text);
    if (!runs.empty() && runs.back().source == source && runs.back().message == message)
        runs.back().text += valid;
    else
        runs.push_back({valid, source, message});
}

std::string textOf(const PromptRuns &runs)
{
    std::string text;
    for (const PromptRun &run : runs)
        text += run.text;
    return text;
}

std::string historyContent(const ChatFormat &format, const std::string &raw)
{
    using History = ChatFormat::History;
    if (format.history == History::Whole)
        return raw;
    const std::size_t tag = format.history == History::AfterFirstThought ? raw.find(closingTag) : raw.rfind(closingTag);
    return tag == std::string::npos ? raw : raw.substr(tag + closingTag.size());
}

PromptRuns layOutHistory(const ChatFormat &format, const std::vector<Turn> &turns, const std::string &bos,
                         const std::string &eos)
{
    PromptRuns runs;
    append(runs, bos, Source::Bos, -1);
    const bool inPlace = format.system == ChatFormat::System::InPlace;
    if (!inPlace)
        appendSystem(format, turns, runs);
    bool afterUser = false;
    for (const Turn &turn : turns) {
        if (turn.role == Role::Assistant) {
            appendAnswer(format, turn, afterUser, eos, runs);
        } else if (turn.role == Role::User) {
            append(runs, format.beforeUser, Source::Markup, turn.message);
            append(runs, turn.content, Source::User, turn.message);
            append(runs, format.afterUser, Source::Markup, turn.message);
            if (format.opening == ChatFormat::Opening::EveryUser)
                append(runs, format.beforeAnswer, Source::Markup, turn.message);
        } else if (inPlace) {
            append(runs, turn.content, Source::System, turn.message);
            append(runs, format.afterSystem, Source::Markup, turn.message);
        }
        afterUser = turn.role == Role::User || (afterUser && turn.role == Role::System);
    }
    return runs;
}

bool appendOpening(const ChatFormat &format, const std::vector<Turn> &turns, PromptRuns &runs)
{
    const bool afterUser = endsWithUser(turns);
    if (format.promptNeedsUser && !afterUser)
        return false;
    if (format.opening != ChatFormat::Opening::EveryUser || !afterUser)
        append(runs, format.generationPrompt, Source::Markup, -1);
    return true;
}

} // namespace engine::text::detail
