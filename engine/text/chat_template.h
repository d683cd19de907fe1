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

    /// Earlier answers are rendered as the template renders the model's raw output, which is, with T a thought and A an
    /// answer, "<think>\n" T "</think>\n\n" A of the R1 formats and "<think>" T "</think>" A of V3.1:
    /// - R1 formats: "\n\n" A, as their templates keep what follows the last "</think>"; A alone if there was no
    /// thought
    ///   (the raw output then had no "</think>" either); nothing of a thought that was not closed.
    /// - V3.1: "</think>" A, as its template keeps what follows the first "</think>".
    /// - LLM, Coder, V2.5, V3: A. Thoughts that another model left in the conversation are not shown to these.
    ///
    /// ThinkingRetention::All writes the whole raw output instead, so that the tokens of a turn are a prefix of the
    /// next one's; Newest only that of the newest message with a closed thought. None is what all these templates do.
    ///
    /// System messages: R1 and V2.5 as first published keep the last, LLM and Coder write each where it stands, the
    /// others join them with an empty line.
    ///
    /// The prompt ends with the opening of an answer, where the template writes one (V3.1: behind a question only).
    /// ThinkingMode decides what follows: V3.1 "<think>" when On, else "</think>"; R1 always "<think>\n"; R1-0528
    /// "<think>\n" when On, else nothing.
    ///
    /// With continueLast the last message, the assistant's, is left open: the beginning of its raw output, "</think>"
    /// of V3.1 included; just its text if it has no thought; if it is empty, as without continueLast.
    ///
    /// Throws RequestInvalid, field "messages" or "messages[i].<name>": no messages; thinking of others than the
    /// assistant; text after a thought that is not closed; continueLast without an assistant message at the end. Field
    /// "thinking": a mode that allows() does not allow.
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
    bool keepsOnlyLastSystem() const;     ///< other system messages are not shown to the model
    /// "deepseek-llm", "deepseek-coder", "deepseek-v2.5", "deepseek-v3", "deepseek-r1-2025-01" (the first of R1),
    /// "deepseek-r1", "deepseek-r1-0528" or "deepseek-v3.1"
    std::string name() const;

private:
    struct Data;
    explicit ChatTemplate(std::unique_ptr<const Data> data);
    std::unique_ptr<const Data> m_data;
};

} // namespace engine::text
