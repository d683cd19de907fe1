#pragma once
// Splits the tokens a model writes into thinking and answer, and into complete UTF-8 text.
//
// Tags are recognised by token id where the tokenizer has <think> and </think> as added tokens; otherwise as text,
// however it is cut into tokens. Rules:
// - A thought is closed by the first </think>; the end of the stream may leave it open (stopped in mid-thought).
// - <think> opens a thought if nothing but white space was answered before, by id also after an earlier thought. After
//   any other answer text <think> and </think> are answer text, and so is a second <think> known only as text.
// - Not shown: tags, one newline after <think>, up to two after </think>, white space in front of <think>. So the
//   template's "<think>\n" + thinking + "</think>\n\n" + answer gives back what the model wrote.
// Parts and texts do not depend on how the text is cut into tokens.

#include "engine/generation.h"
#include "engine/text/stream_decoder.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine::text {

class Tokenizer;

/// Where the output of the model begins, as the prompt leaves it.
struct ReasoningStart {
    TextPart part = TextPart::Answer;
    bool mayOpen = true;        ///< Answer only: a leading <think> opens a thought
    int skipNewlines = 0;       ///< newlines of a tag that the prompt has not written yet: not shown
    int newlinesAfterClose = 2; ///< at most so many belong to a </think> to come: not shown (V3.1: none do)

    bool operator==(const ReasoningStart &) const = default;
};

/// Read off the end of a prompt: `<think>` or `<think>\n` → Thinking, `</think>` (and up to two newlines)
/// → Answer that opens no thought, anything else → Answer. By id where the tokenizer has the tags.
ReasoningStart reasoningStartAfter(const Tokenizer &tokenizer, std::span<const TokenId> prompt);

/// A value, one per generation, not shared between threads.
class ReasoningParser {
public:
    /// The tokenizer must outlive the parser.
    ReasoningParser(const Tokenizer &tokenizer, ReasoningStart start);

    struct Step {
        /// Where the stream stood before this token; a tag that is one token counts as thinking.
        TextPart part = TextPart::Answer;
        /// What can be shown now: usually none or one piece, more where a token holds text of both parts. Text that is
        /// held back comes with a later token.
        std::vector<TextPiece> pieces;
    };

    /// The next token of the model. Not for the stop token.
    Step push(TokenId token);

    /// What is still held back: half a tag becomes text, half a character U+FFFD.
    std::vector<TextPiece> finish();

    TextPart part() const { return m_part; }                           ///< where the stream stands
    bool thinkingClosed() const { return m_part == TextPart::Answer; } ///< false: stopped in mid-thought

    /// Tokens pushed so far: the sum is their number. Tags, and white space in front of <think>, count as thinking.
    int thinkingTokens() const { return m_thinkingTokens; }
    int answerTokens() const { return m_answerTokens; }

private:
    const Tokenizer *m_tokenizer;
    std::optional<TokenId> m_openTag; ///< both or none; none: tags are looked for in the text
    std::optional<TokenId> m_closeTag;
    TextPart m_part;
    bool m_mayOpen;     ///< Answer only: <think> would open a thought
    int m_skipNewlines; ///< of a tag, not shown
    int m_newlinesAfterClose;
    int m_thinkingTokens = 0;
    int m_answerTokens = 0;
    int m_undecidedTokens = 0; ///< of the answer tokens: those that become thinking if a thought opens
    StreamDecoder m_decoder;
    std::string
        m_held; ///< thinking: the beginning of a closing tag; answer: white space, the beginning of an opening tag
    std::size_t m_heldBlank = 0; ///< answer that may open a thought: white space at the front of m_held

    void consume(std::string_view text, std::vector<TextPiece> &pieces);
    void holdThinking(std::vector<TextPiece> &pieces);
    void holdAnswer(std::vector<TextPiece> &pieces);
    void emitHeld(std::size_t length, std::vector<TextPiece> &pieces);
    void openThought();
    void closeThought();
    void count(TextPart part);
};

} // namespace engine::text
