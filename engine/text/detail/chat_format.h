#pragma once
// The chat formats of the DeepSeek family as data, and the recognition of a model's template among them.

#include "engine/text/detail/template_program.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::text::detail {

/// A message as a template sees it: the content of an assistant message is the model's raw output.
struct RawMessage {
    std::string_view role; ///< "system", "user", "assistant"
    std::string content;
};

struct ChatFormat {
    enum class System {
        Last,    ///< the last system message, in front of everything
        Joined,  ///< all of them with an empty line between, in front of everything
        InPlace, ///< each where it stands
    };
    /// What is left of the raw output of an earlier answer.
    enum class History { Whole, AfterLastThought };

    System system;
    History history;
    std::string_view afterSystem; ///< InPlace only
    std::string_view beforeUser;
    std::string_view afterUser;
    std::string_view beforeAnswer;     ///< of an earlier answer; EOS follows it
    std::string_view generationPrompt; ///< what the model continues, without the opening of a thought
    bool opensThought;                 ///< the generation prompt goes on with "<think>\n"

    bool operator==(const ChatFormat &) const = default;

    /// "deepseek-llm", "deepseek-v3", "deepseek-r1", "deepseek-r1-0528"
    std::string name() const;
};

inline constexpr std::string_view thoughtOpening = "<think>\n";
inline constexpr std::string_view thoughtClosing = "</think>\n\n";

/// A run of text that is either the format's own, where the texts of added tokens mean these tokens, or somebody's
/// words, where they do not.
struct PromptPart {
    std::string text;
    bool isFormat;
};

/// The prompt without an opened generation prompt, BOS included.
std::vector<PromptPart> renderHistory(const ChatFormat &format, const std::vector<RawMessage> &messages,
                                      const std::string &bos, const std::string &eos);

/// What is left of an earlier answer.
std::string historyContent(const ChatFormat &format, const std::string &raw);

/// The format that renders some probe conversations exactly as the template does, with and without generation prompt.
/// Throws TemplateError if the template fails on a probe, and what `beforeTrial`, called before each run, throws.
std::optional<ChatFormat> recogniseFormat(const TemplateNode &program, const std::string &bos, const std::string &eos,
                                          const std::function<void()> &beforeTrial);

} // namespace engine::text::detail
