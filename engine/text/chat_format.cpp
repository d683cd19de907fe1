#include "engine/text/detail/chat_format.h"

#include "engine/text/detail/utf8.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace engine::text::detail {
namespace {

using Source = PromptSource;

constexpr std::string_view closingTag = "</think>";

/// What the template of Coder writes where there is no system message.
constexpr std::string_view coderSystem =
    "You are an AI programming assistant, utilizing the Deepseek Coder model, developed by Deepseek Company, and you "
    "only answer questions related to computer science. For politically sensitive questions, security and privacy "
    "issues, and other non-computer science questions, you will refuse to answer\n";

using System = ChatFormat::System;
using History = ChatFormat::History;
using Opening = ChatFormat::Opening;
using Thought = ChatFormat::Thought;

/// DeepSeek LLM, MoE, V2, Coder-V2.
ChatFormat llmFormat()
{
    ChatFormat format{"deepseek-llm", System::InPlace};
    format.afterSystem = "\n\n";
    format.beforeUser = "User: ";
    format.afterUser = "\n\n";
    format.beforeAnswer = "Assistant: ";
    format.generationPrompt = "Assistant:";
    return format;
}

/// The first Coder.
ChatFormat coderFormat()
{
    ChatFormat format{"deepseek-coder", System::InPlace};
    format.defaultSystem = coderSystem;
    format.beforeUser = "### Instruction:\n";
    format.afterUser = "\n";
    format.beforeAnswer = "### Response:\n";
    format.afterAnswer = "\n<|EOT|>\n";
    format.generationPrompt = "### Response:\n";
    return format;
}

ChatFormat v31Format()
{
    ChatFormat format{"deepseek-v3.1", System::Joined, History::AfterFirstThought, Opening::FirstAnswer,
                      Thought::Switched};
    format.afterOpening = closingTag;
    format.thoughtOpening = "<think>";
    format.thoughtClosing = closingTag;
    return format;
}

std::vector<ChatFormat> publishedFormats()
{
    std::vector<ChatFormat> formats = {llmFormat(), coderFormat()};
    formats.push_back({"deepseek-v2.5", System::Last});
    formats.back().beforeBos = "        ";
    // From V2.5 to R1-0528 roles are tokens, and the templates combine these properties.
    for (const System system : {System::Last, System::Joined}) {
        const bool joined = system == System::Joined;
        for (const Opening opening : {Opening::EveryAnswer, Opening::EveryUser}) {
            const bool late = opening == Opening::EveryUser;
            formats.push_back({joined ? "deepseek-v3" : "deepseek-v2.5", system, History::Whole, opening});
            formats.push_back({late ? "deepseek-r1-0528" : "deepseek-r1-2025-01", system, History::AfterLastThought,
                               opening, Thought::ByModel});
            formats.push_back({"deepseek-r1", system, History::AfterLastThought, opening, Thought::Opened});
        }
    }
    formats.push_back(v31Format());
    formats.back().promptNeedsUser = true;
    formats.push_back(v31Format()); // V3.2-Exp
    return formats;
}

bool isSystem(const Turn &turn)
{
    return turn.role == Role::System;
}

void appendSystem(const ChatFormat &format, const std::vector<Turn> &turns, PromptRuns &runs)
{
    if (format.system == System::Last) {
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

void appendAnswer(const ChatFormat &format, const Turn &turn, bool afterUser, std::string_view eos, PromptRuns &runs)
{
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
    append(runs, format.afterAnswer.empty() ? eos : format.afterAnswer, Source::Markup, turn.message);
}

/// System messages do not come between a question and its answer.
bool endsWithUser(const std::vector<Turn> &turns)
{
    const auto last = std::find_if(turns.rbegin(), turns.rend(), std::not_fn(isSystem));
    return last != turns.rend() && last->role == Role::User;
}

} // namespace

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
    if (format.history == History::Whole)
        return raw;
    const std::size_t tag = format.history == History::AfterFirstThought ? raw.find(closingTag) : raw.rfind(closingTag);
    return tag == std::string::npos ? raw : raw.substr(tag + closingTag.size());
}

PromptRuns layOutHistory(const ChatFormat &format, const std::vector<Turn> &turns, const std::string &bos,
                         const std::string &eos)
{
    PromptRuns runs;
    for (const Turn &turn : turns)
        append(runs, isSystem(turn) ? format.beforeBos : "", Source::Markup, -1);
    append(runs, bos, Source::Bos, -1);
    const bool inPlace = format.system == System::InPlace;
    if (!inPlace)
        appendSystem(format, turns, runs);
    else if (std::none_of(turns.begin(), turns.end(), isSystem))
        append(runs, format.defaultSystem, Source::Markup, -1);
    bool afterUser = false;
    for (const Turn &turn : turns) {
        if (turn.role == Role::Assistant) {
            appendAnswer(format, turn, afterUser, eos, runs);
        } else if (turn.role == Role::User) {
            append(runs, format.beforeUser, Source::Markup, turn.message);
            append(runs, turn.content, Source::User, turn.message);
            append(runs, format.afterUser, Source::Markup, turn.message);
            if (format.opening == Opening::EveryUser)
                append(runs, format.beforeAnswer, Source::Markup, turn.message);
        } else if (inPlace) {
            append(runs, turn.content, Source::System, turn.message);
            append(runs, format.afterSystem, Source::Markup, turn.message);
        }
        afterUser = turn.role == Role::User || (afterUser && turn.role == Role::System);
    }
    return runs;
}

bool appendOpening(const ChatFormat &format, const std::vector<Turn> &turns, Answer answer, PromptRuns &runs)
{
    const bool afterUser = endsWithUser(turns);
    if (format.opening == Opening::EveryUser && afterUser)
        return true; // written already
    const bool everywhere = answer == Answer::New ? !format.promptNeedsUser : format.opening == Opening::EveryAnswer;
    if (everywhere || afterUser)
        append(runs, format.generationPrompt, Source::Markup, -1);
    return everywhere || afterUser;
}

} // namespace engine::text::detail
