#include "ui/prompt/prompt_text.h"

#include "ui/transcript/untrusted_text.h"

#include <QStringList>
#include <algorithm>

namespace ui {

namespace {

bool beginsCharacter(const std::string &text, std::size_t at)
{
    return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
}

std::size_t bytesOf(const engine::PromptToken &token)
{
    return token.bytes > 0 ? static_cast<std::size_t>(token.bytes) : token.text.size();
}

/// Index of the last element that starts at or before `position`.
template <typename Elements>
int lastAtOrBefore(const Elements &elements, int position)
{
    const auto after = std::upper_bound(elements.begin(), elements.end(), position,
                                        [](int wanted, const auto &element) { return wanted < element.start; });
    return static_cast<int>(after - elements.begin()) - 1;
}

} // namespace

PromptText::PromptText(const engine::PromptShown &prompt) : m_cached(prompt.cachedTokens)
{
    for (const engine::PromptPart &part : prompt.parts) {
        m_exact += part.text;
        m_bySource[static_cast<std::size_t>(part.source)] += part.tokenCount;
    }
    m_ids.reserve(prompt.tokens.size());
    for (const engine::PromptToken &token : prompt.tokens)
        m_ids.push_back(token.token);
    cut(prompt);
    show(prompt);
}

/// Where the pieces begin, in bytes: at every token that begins a character.
void PromptText::cut(const engine::PromptShown &prompt)
{
    std::size_t at = 0;
    m_pieces.reserve(prompt.tokens.size());
    for (std::size_t token = 0; token < prompt.tokens.size() && at < m_exact.size(); ++token) {
        if (beginsCharacter(m_exact, at))
            m_pieces.push_back({0, static_cast<int>(at), static_cast<int>(token)});
        at += bytesOf(prompt.tokens[token]);
    }
}

/// Pieces and parts alike begin somewhere in the bytes; the text grows from one beginning to the next.
void PromptText::show(const engine::PromptShown &prompt)
{
    m_text.reserve(static_cast<qsizetype>(m_exact.size()));
    std::size_t done = 0;
    const auto growTo = [&](std::size_t end) {
        if (end > done)
            appendVisible(m_text, QString::fromUtf8(m_exact.data() + done, static_cast<qsizetype>(end - done)),
                          Strictness::Exact);
        done = std::max(done, end);
    };
    auto piece = m_pieces.begin();
    std::size_t begin = 0;
    for (const engine::PromptPart &part : prompt.parts) {
        growTo(begin);
        m_runs.push_back({size(), 0, part.source, part.message, part.firstToken, part.tokenCount});
        begin += part.text.size();
        for (; piece != m_pieces.end() && static_cast<std::size_t>(piece->exactStart) < begin; ++piece) {
            growTo(static_cast<std::size_t>(piece->exactStart));
            piece->start = size();
        }
        growTo(begin);
        m_runs.back().length = size() - m_runs.back().start;
    }
}

int PromptText::pieceTokens(int index) const
{
    const int next = index + 1 < pieceCount() ? piece(index + 1).firstToken : tokenCount();
    return next - piece(index).firstToken;
}

QStringView PromptText::pieceText(int index) const
{
    return QStringView(m_text).mid(piece(index).start, pieceEnd(index) - piece(index).start);
}

QString PromptText::pieceExact(int index) const
{
    const int from = piece(index).exactStart;
    const int to = index + 1 < pieceCount() ? piece(index + 1).exactStart : static_cast<int>(m_exact.size());
    return QString::fromUtf8(m_exact.data() + from, to - from);
}

int PromptText::pieceAt(int position) const
{
    return position < 0 || position >= size() ? -1 : lastAtOrBefore(m_pieces, position);
}

int PromptText::pieceOfToken(int token) const
{
    const auto after = std::upper_bound(m_pieces.begin(), m_pieces.end(), token,
                                        [](int wanted, const Piece &piece) { return wanted < piece.firstToken; });
    return static_cast<int>(after - m_pieces.begin()) - 1;
}

int PromptText::runAt(int position) const
{
    return position < 0 || position >= size() ? -1 : lastAtOrBefore(m_runs, position);
}

int PromptText::cachedEnd() const
{
    const int last = m_cached > 0 ? pieceOfToken(std::min(m_cached, tokenCount()) - 1) : -1;
    return last < 0 ? 0 : pieceEnd(last);
}

QString PromptText::exact(int from, int to) const
{
    QString result;
    const int first = pieceAt(from);
    for (int i = first; i >= 0 && i < pieceCount() && piece(i).start < to; ++i) {
        const QString whole = pieceExact(i);
        const bool asShown = whole == pieceText(i);
        const int start = asShown ? std::max(from - piece(i).start, 0) : 0;
        const int end = asShown ? std::min(to, pieceEnd(i)) - piece(i).start : static_cast<int>(whole.size());
        result += QStringView(whole).mid(start, end - start);
    }
    return result;
}

QString PromptText::idsText() const
{
    QStringList ids;
    ids.reserve(static_cast<qsizetype>(m_ids.size()));
    for (const engine::TokenId id : m_ids)
        ids.append(QString::number(id));
    return ids.join(QStringLiteral(", "));
}

} // namespace ui
