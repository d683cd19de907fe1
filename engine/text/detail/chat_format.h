#pragma once
// The chat formats of the DeepSeek family as data, and how a conversation is laid out in them.

#include "engine/generation.h"
#include "engine/text/reasoning_parser.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::text::detail {

struct ChatFormat {
    enum class System {
        Last,    ///< the last system message, in front of everything
        Joined,  ///< all of them with an empty line between, in front of everything
        InPlace, ///< each where it stands
    };
    /// What is left of the raw output of an earlier answer.
    enum class History { Whole, AfterLastThought, AfterFirstThought };
    /// Where the opening of an answer is written.
    enum class Opening {
        EveryAnswer, ///< in front of every answer
        EveryUser,   ///< behind every user message, whatever follows it
        FirstAnswer, ///< in front of an answer that follows a user message
    };
    /// What the generation prompt says about a thought.
    enum class Thought {
        Never,    ///< the model has no thoughts
        ByModel,  ///< nothing: the model opens them
        Opened,   ///< it opens one
        Switched, ///< it opens one or closes it at once, as the template is asked to
    };

    std::string_view name; ///< ChatTemplate::name()
    System system = System::Joined;
    History history = History::Whole;
    Opening opening = Opening::EveryAnswer;
    Thought thought = Thought::Never;
    bool promptNeedsUser = false;     ///< a generation prompt is written behind a user message only
    std::string_view beforeBos{};     ///< once for every system message: a slip in the template of V2.5
    std::string_view defaultSystem{}; ///< InPlace only: in front of everything if there is no system message
    std::string_view afterSystem{};   ///< InPlace only
    std::string_view beforeUser = "<｜User｜>";
    std::string_view afterUser{};
    std::string_view beforeAnswer = "<｜Assistant｜>";
    std::string_view afterOpening{}; ///< in front of an earlier answer without its thought
    std::string_view afterAnswer{};  ///< empty: EOS
    std::string_view generationPrompt = "<｜Assistant｜>";
    std::string_view thoughtOpening = "<think>\n";
    std::string_view thoughtClosing = "</think>\n\n";

    bool operator==(const ChatFormat &) const = default;

    /// Whether the next reply can be made to begin like this.
    bool allows(ThinkingMode mode) const;
    /// What is written behind the opening of the next answer.
    std::string_view thoughtTag(ThinkingMode mode) const;
};

/// The formats of the published templates. Where two agree on everything but the name, the first is meant.
const std::vector<ChatFormat> &knownFormats();

/// A message as a format writes it.
struct Turn {
    Role role = Role::User;
    int message = -1;
    std::string content;                ///< of an earlier answer: what historyContent() leaves of it
    std::optional<std::string> thought; ///< of an earlier answer: the model is shown it again
};

/// A run of text that is either the format's own, where the texts of added tokens mean these tokens, or somebody's
/// words, where they do not.
struct PromptRun {
    std::string text; ///< valid UTF-8
    PromptSource source = PromptSource::Markup;
    int message = -1;

    bool isFormat() const { return source == PromptSource::Markup || source == PromptSource::Bos; }
};
using PromptRuns = std::vector<PromptRun>;

/// Appends unless `text` is empty. Joins neighbours of the same source and message.
void append(PromptRuns &runs, std::string_view text, PromptSource source, int message);

std::string textOf(const PromptRuns &runs);

/// What is left of an earlier answer, as the model wrote it.
std::string historyContent(const ChatFormat &format, const std::string &raw);

/// The prompt up to the opening of the next answer, BOS included.
PromptRuns layOutHistory(const ChatFormat &format, const std::vector<Turn> &turns, const std::string &bos,
                         const std::string &eos);

/// An answer that the model is to write, or to go on with: the latter is opened as an earlier answer is.
enum class Answer { New, Continued };

/// Appends the opening of the next answer. False where the format writes none.
bool appendOpening(const ChatFormat &format, const std::vector<Turn> &turns, Answer answer, PromptRuns &runs);

} // namespace engine::text::detail
