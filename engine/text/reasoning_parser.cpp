#include "engine/text/reasoning_parser.h"

#include "engine/text/tokenizer.h"

#include <algorithm>

namespace engine::text {
namespace {

constexpr std::string_view openText = "<think>";
constexpr std::string_view closeText = "</think>";
constexpr int newlinesAfterOpen = 1;
constexpr int newlinesAfterClose = 2;
constexpr std::string_view whiteSpace = " \t\n\v\f\r";

std::optional<TokenId> addedToken(const Tokenizer &tokenizer, std::string_view text)
{
    const std::optional<TokenId> token = tokenizer.find(text);
    return token && tokenizer.isAdded(*token) ? token : std::nullopt;
}

struct Tags {
    std::optional<TokenId> open;
    std::optional<TokenId> close;
};

Tags tagsOf(const Tokenizer &tokenizer)
{
    const Tags tags{addedToken(tokenizer, openText), addedToken(tokenizer, closeText)};
    return tags.open && tags.close ? tags : Tags{};
}

ReasoningStart afterOpenTag(int newlines)
{
    return {TextPart::Thinking, false, std::max(0, newlinesAfterOpen - newlines)};
}

ReasoningStart afterCloseTag(int newlines)
{
    return {TextPart::Answer, false, std::max(0, newlinesAfterClose - newlines)};
}

/// The text of the last few tokens, at least enough for a tag and its newlines.
std::string tailText(const Tokenizer &tokenizer, std::span<const TokenId> prompt)
{
    std::string text;
    while (!prompt.empty() && text.size() < 64) {
        text.insert(0, tokenizer.tokenBytes(prompt.back()));
        prompt = prompt.first(prompt.size() - 1);
    }
    return text;
}

} // namespace

ReasoningStart reasoningStartAfter(const Tokenizer &tokenizer, std::span<const TokenId> prompt)
{
    const Tags tags = tagsOf(tokenizer);
    int newlines = 0;
    if (!tags.open) {
        std::string text = tailText(tokenizer, prompt);
        for (; text.ends_with('\n'); text.pop_back())
            ++newlines;
        return text.ends_with(closeText)  ? afterCloseTag(newlines)
               : text.ends_with(openText) ? afterOpenTag(newlines)
                                          : ReasoningStart{};
    }
    for (; !prompt.empty(); prompt = prompt.first(prompt.size() - 1)) {
        const TokenId last = prompt.back();
        if (last == tags.open)
            return afterOpenTag(newlines);
        if (last == tags.close)
            return afterCloseTag(newlines);
        const std::string_view bytes = tokenizer.tokenBytes(last);
        if (bytes.find_first_not_of('\n') != std::string_view::npos)
            break;
        newlines += static_cast<int>(bytes.size());
    }
    return {};
}

ReasoningParser::ReasoningParser(const Tokenizer &tokenizer, ReasoningStart start)
    : m_tokenizer(&tokenizer), m_part(start.part), m_mayOpen(start.part == TextPart::Answer && start.mayOpen),
      m_skipNewlines(start.skipNewlines), m_newlinesAfterClose(start.newlinesAfterClose)
{
    const Tags tags = tagsOf(tokenizer);
    m_openTag = tags.open;
    m_closeTag = tags.close;
}

ReasoningParser::Step ReasoningParser::push(TokenId token)
{
    Step step;
    if (token == m_openTag || token == m_closeTag) // a tag ends a character that was not complete
        consume(m_decoder.finish(), step.pieces);
    if (token == m_closeTag && m_part == TextPart::Thinking)
        closeThought();
    else if (token == m_openTag && m_mayOpen)
        openThought();
    else {
        step.part = m_part;
        count(m_part);
        consume(m_decoder.push(m_tokenizer->tokenBytes(token)), step.pieces);
        return step;
    }
    step.part = TextPart::Thinking;
    count(TextPart::Thinking);
    return step;
}

std::vector<TextPiece> ReasoningParser::finish()
{
    std::vector<TextPiece> pieces;
    consume(m_decoder.finish(), pieces);
    emitHeld(m_held.size(), pieces);
    m_mayOpen = false;
    return pieces;
}

void ReasoningParser::consume(std::string_view text, std::vector<TextPiece> &pieces)
{
    for (const char c : text) {
        if (m_skipNewlines > 0 && c == '\n') {
            --m_skipNewlines;
            continue;
        }
        m_skipNewlines = 0;
        m_held += c;
        if (m_part == TextPart::Thinking)
            holdThinking(pieces);
        else
            holdAnswer(pieces);
    }
}

/// Only a beginning of the closing tag may stay held back.
void ReasoningParser::holdThinking(std::vector<TextPiece> &pieces)
{
    std::size_t shown = 0;
    const std::string_view tag = m_openTag ? std::string_view() : closeText;
    while (shown < m_held.size() && !tag.starts_with(std::string_view(m_held).substr(shown)))
        ++shown;
    emitHeld(shown, pieces);
    if (!m_openTag && m_held == closeText)
        closeThought();
}

/// Until the answer has begun, white space and a beginning of the opening tag may stay held back.
void ReasoningParser::holdAnswer(std::vector<TextPiece> &pieces)
{
    if (m_mayOpen) {
        // From where the last call ended: a model may write white space for as long as its context lasts.
        m_heldBlank = std::min(m_held.find_first_not_of(whiteSpace, m_heldBlank), m_held.size());
        const std::string_view rest = std::string_view(m_held).substr(m_heldBlank);
        if (rest.empty() || (!m_openTag && rest != openText && openText.starts_with(rest)))
            return;
        if (!m_openTag && rest == openText) {
            openThought();
            return;
        }
        m_mayOpen = false;
        m_undecidedTokens = 0;
    }
    emitHeld(m_held.size(), pieces);
}

void ReasoningParser::emitHeld(std::size_t length, std::vector<TextPiece> &pieces)
{
    if (length == 0)
        return;
    if (pieces.empty() || pieces.back().part != m_part)
        pieces.push_back({m_part, {}});
    pieces.back().text.append(m_held, 0, length);
    m_held.erase(0, length);
    m_heldBlank = 0;
}

void ReasoningParser::openThought()
{
    m_held.clear();
    m_heldBlank = 0;
    m_part = TextPart::Thinking;
    m_mayOpen = false;
    m_skipNewlines = newlinesAfterOpen;
    m_thinkingTokens += m_undecidedTokens;
    m_answerTokens -= m_undecidedTokens;
    m_undecidedTokens = 0;
}

void ReasoningParser::closeThought()
{
    m_held.clear();
    m_heldBlank = 0;
    m_part = TextPart::Answer;
    m_mayOpen = m_openTag.has_value();
    m_skipNewlines = m_newlinesAfterClose;
}

void ReasoningParser::count(TextPart part)
{
    ++(part == TextPart::Thinking ? m_thinkingTokens : m_answerTokens);
    if (part == TextPart::Answer && m_mayOpen)
        ++m_undecidedTokens;
}

} // namespace engine::text
