#pragma once
// Renders a conversation into the prompt tokens of a DeepSeek model.
//
// The template of the model (tokenizer_config.json or chat_template.jinja) is not executed for a chat. It is
// recognised: what it renders for some probe conversations must equal, character by character, what one built-in format
// renders; otherwise open() throws TemplateInvalid and says what to do. So a chat is rendered by code that knows which
// text is the user's: that text is encoded without added tokens, and "<｜Assistant｜>" typed by a user stays ordinary
// text.
//
// Formats: DeepSeek LLM/V2 (User:/Assistant:), V2.5/V3, R1 (the prompt opens <think>), R1-0528 (the model opens it),
// V3.1 (the prompt opens <think>, or closes it at once).

#include "engine/generation.h"
#include "engine/text/reasoning_parser.h"

#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace engine::text {

class Tokenizer;

struct RenderedPrompt {
    std::vector<TokenId> tokens; ///< with BOS, exactly once, if the model's template writes it
    std::string text;            ///< the same as text, for showing what is really sent
    ReasoningStart start;        ///< for ReasoningParser
    TextPart startsIn() const { return start.part; }
};

/// A prompt with what each of its tokens is.
struct DescribedPrompt {
    RenderedPrompt rendered;
    std::vector<PromptPart> parts;
    std::vector<PromptOmission> omissions;
};

struct RenderOptions {
    bool continueLast = false; ///< the last message, the assistant's, is left open
    ThinkingRetention retention = ThinkingRetention::Template;
    ThinkingMode thinking = ThinkingMode::Template;
};

/// What keeps render() from working long on a text that nobody will get an answer to.
struct RenderLimits {
    int contextLength = std::numeric_limits<int>::max(); ///< tokens; a prompt must leave room for one more
    std::stop_token stop{};
};

/// Thread contract: immutable; render() may be called from several threads. The tokenizer must outlive it.
class ChatTemplate {
public:
    /// Throws TemplateInvalid, UnsupportedFeature or TokenizerInvalid naming file and field; Internal when `stop` was
    /// requested, which is looked at before every trial of the template.
    static ChatTemplate open(const std::string &folder, const Tokenizer &tokenizer, const std::stop_token &stop = {});

    ChatTemplate(ChatTemplate &&) noexcept;
    ChatTemplate &operator=(ChatTemplate &&) noexcept;
    ~ChatTemplate();

    /// Earlier answers are rendered as the template renders the model's raw output, so that the tokens of a turn are a
    /// prefix of the next one's as far as possible:
    /// - R1 formats: "\n\n" + text if the message has thinking, text alone if it has none (its raw output then had no
    ///   </think> either), nothing of a thought that was not closed.
    /// - LLM, V3: the text. Thinking that another model left in the conversation is not shown to these.
    /// System messages: R1 keeps the last, V3 joins them with an empty line, LLM writes each where it stands.
    ///
    /// Without continueLast the prompt ends with the opening of an answer. With it the last message, the assistant's,
    /// is left open: "<think>\n" + thinking, and if thinkingClosed "</think>\n\n" + text; just its text without
    /// thinking; the opening of an answer if it is empty.
    ///
    /// Throws RequestInvalid, field "messages" or "messages[i].<name>": no messages; thinking of others than the
    /// assistant; text after a thought that is not closed; continueLast without an assistant message at the end.
    RenderedPrompt render(const std::vector<ChatMessage> &messages, bool continueLast) const;
    /// The same within limits: throws PromptTooLong, for a text that is far too long without encoding it; nothing when
    /// a stop was requested before the end.
    std::optional<RenderedPrompt> render(const std::vector<ChatMessage> &messages, const RenderOptions &options,
                                         const RenderLimits &limits) const;
    /// The same prompt with its parts and what the model is not shown.
    std::optional<DescribedPrompt> describe(const std::vector<ChatMessage> &messages, const RenderOptions &options,
                                            const RenderLimits &limits) const;

    bool reasons() const;                 ///< the generation prompt opens a thought
    bool allows(ThinkingMode mode) const; ///< render() refuses the others
    /// "deepseek-llm", "deepseek-coder", "deepseek-v2.5", "deepseek-v3", "deepseek-r1-2025-01" (the first of R1),
    /// "deepseek-r1", "deepseek-r1-0528" or "deepseek-v3.1"
    std::string name() const;

private:
    struct Data;
    explicit ChatTemplate(std::unique_ptr<const Data> data);
    std::unique_ptr<const Data> m_data;
};

} // namespace engine::text
