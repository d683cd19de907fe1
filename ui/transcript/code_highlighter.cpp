#include "ui/transcript/code_highlighter.h"

#include "ui/transcript/code_languages.h"

#include <algorithm>

namespace ui {

namespace {

enum State { Normal = 0, InComment = 1, InFirstLongQuote = 2, InSecondLongQuote = 3, InTag = 4 };

bool isWordStart(QChar c)
{
    return c.isLetter() || c == QLatin1Char('_');
}

bool isWordPart(QChar c)
{
    return c.isLetterOrNumber() || c == QLatin1Char('_');
}

class Lexer {
public:
    Lexer(const CodeLanguage &language, QStringView code, int state, std::vector<CodeToken> *tokens)
        : m_language(language), m_code(code), m_state(state), m_tokens(tokens)
    {
    }

    int run()
    {
        if (m_state == InComment)
            finishComment(0);
        else if (m_state == InFirstLongQuote || m_state == InSecondLongQuote)
            finishLongQuote(0, m_state - InFirstLongQuote);
        while (m_at < m_code.size())
            step();
        return m_state;
    }

private:
    bool matches(std::u16string_view text) const
    {
        return !text.empty() && m_code.mid(m_at).startsWith(QStringView(text));
    }

    void add(qsizetype begin, CodeColor color)
    {
        if (m_tokens != nullptr && m_at > begin)
            m_tokens->push_back({static_cast<int>(begin), static_cast<int>(m_at - begin), color});
    }

    void step()
    {
        const QChar c = m_code[m_at];
        if (matches(m_language.commentOpen)) {
            const qsizetype begin = m_at;
            m_at += static_cast<qsizetype>(m_language.commentOpen.size());
            finishComment(begin);
        } else if (m_language.markup) {
            stepMarkup(c);
        } else if (matches(m_language.lineComments[0]) || matches(m_language.lineComments[1])) {
            stepLineComment();
        } else if (!stepString(c)) {
            stepWord(c);
        }
    }

    void stepLineComment()
    {
        const qsizetype begin = m_at;
        // In a shell "#" begins a comment only at the beginning of a word: ${#list}, a#b.
        const bool inWord = begin > 0 && m_language.variable != 0 && !m_code[begin - 1].isSpace();
        if (inWord && m_language.lineComments[0] == u"#") {
            ++m_at;
            return;
        }
        toLineEnd();
        add(begin, CodeColor::Comment);
    }

    void toLineEnd()
    {
        const qsizetype end = m_code.indexOf(QLatin1Char('\n'), m_at);
        m_at = end < 0 ? m_code.size() : end;
    }

    void finishComment(qsizetype begin)
    {
        const qsizetype end = m_code.indexOf(QStringView(m_language.commentClose), m_at);
        m_state = end < 0 ? InComment : Normal;
        m_at = end < 0 ? m_code.size() : end + static_cast<qsizetype>(m_language.commentClose.size());
        add(begin, CodeColor::Comment);
    }

    void finishLongQuote(qsizetype begin, int which)
    {
        const std::u16string_view quote = m_language.longQuotes[static_cast<std::size_t>(which)];
        m_state = InFirstLongQuote + which;
        while (m_at < m_code.size()) {
            if (m_code[m_at] == QLatin1Char('\\')) {
                m_at += 2;
            } else if (matches(quote)) {
                m_at += static_cast<qsizetype>(quote.size());
                m_state = Normal;
                break;
            } else {
                ++m_at;
            }
        }
        m_at = std::min(m_at, m_code.size());
        add(begin, CodeColor::String);
    }

    bool stepString(QChar c)
    {
        const qsizetype begin = m_at;
        for (int which = 0; which < 2; ++which) {
            const std::u16string_view quote = m_language.longQuotes[static_cast<std::size_t>(which)];
            if (!matches(quote))
                continue;
            m_at += static_cast<qsizetype>(quote.size());
            finishLongQuote(begin, which);
            return true;
        }
        if (!QStringView(m_language.quotes).contains(c))
            return false;
        for (++m_at; m_at < m_code.size() && m_code[m_at] != c && m_code[m_at] != QLatin1Char('\n'); ++m_at) {
            if (m_code[m_at] == QLatin1Char('\\') && m_at + 1 < m_code.size())
                ++m_at;
        }
        if (m_at < m_code.size() && m_code[m_at] == c)
            ++m_at;
        add(begin, m_language.keyStrings && isFollowedBy(u':') ? CodeColor::Type : CodeColor::String);
        return true;
    }

    bool isFollowedBy(char16_t wanted) const
    {
        qsizetype next = m_at;
        while (next < m_code.size() && m_code[next] == QLatin1Char(' '))
            ++next;
        return next < m_code.size() && m_code[next] == QChar(wanted);
    }

    void skipWord()
    {
        while (m_at < m_code.size() && isWordPart(m_code[m_at]))
            ++m_at;
    }

    void stepWord(QChar c)
    {
        const qsizetype begin = m_at++;
        if (c.isDigit()) {
            while (m_at < m_code.size() && (isWordPart(m_code[m_at]) || m_code[m_at] == QLatin1Char('.')))
                ++m_at;
            add(begin, CodeColor::Number);
        } else if (c == QChar(m_language.directive) && m_language.directive != 0) {
            skipWord();
            add(begin, CodeColor::Keyword);
        } else if (c == QChar(m_language.variable) && m_language.variable != 0) {
            skipWord();
            add(begin, CodeColor::Type);
        } else if (isWordStart(c)) {
            skipWord();
            colorWord(begin);
        }
    }

    void colorWord(qsizetype begin)
    {
        const QStringView word = m_code.mid(begin, m_at - begin);
        if (isIn(m_language.keywords, word))
            add(begin, CodeColor::Keyword);
        else if (isIn(m_language.types, word))
            add(begin, CodeColor::Type);
        else if (isFollowedBy(u'('))
            add(begin, CodeColor::Function);
        else if (m_language.capitalTypes && word.size() > 1 && word[0].isUpper() && isMixed(word))
            add(begin, CodeColor::Type);
    }

    static bool isMixed(QStringView word)
    {
        return std::any_of(word.begin(), word.end(), [](QChar c) { return c.isLower(); });
    }

    bool isIn(std::u16string_view list, QStringView word) const
    {
        if (word.size() > 24)
            return false;
        QString key = QLatin1Char(' ') + word.toString() + QLatin1Char(' ');
        if (m_language.ignoresCase)
            key = key.toLower();
        return QStringView(list).contains(key);
    }

    void stepMarkup(QChar c)
    {
        const qsizetype begin = m_at++;
        if (c == QLatin1Char('<')) {
            while (m_at < m_code.size() && QStringView(u"/!?").contains(m_code[m_at]))
                ++m_at;
            skipName();
            m_state = InTag;
            add(begin, CodeColor::Keyword);
        } else if (m_state == InTag && c == QLatin1Char('>')) {
            m_state = Normal;
            add(begin, CodeColor::Keyword);
        } else if (m_state == InTag && (c == QLatin1Char('"') || c == QLatin1Char('\''))) {
            const qsizetype end = m_code.indexOf(c, m_at);
            m_at = end < 0 ? m_code.size() : end + 1;
            add(begin, CodeColor::String);
        } else if (m_state == InTag && isWordStart(c)) {
            skipName();
            add(begin, CodeColor::Type);
        } else if (c == QLatin1Char('&')) {
            const qsizetype end = m_code.mid(m_at, 12).indexOf(QLatin1Char(';'));
            m_at += end < 0 ? 0 : end + 1;
            add(begin, CodeColor::Number);
        }
    }

    void skipName()
    {
        while (m_at < m_code.size() && (isWordPart(m_code[m_at]) || QStringView(u"-:.").contains(m_code[m_at])))
            ++m_at;
    }

    const CodeLanguage &m_language;
    QStringView m_code;
    int m_state;
    std::vector<CodeToken> *m_tokens;
    qsizetype m_at = 0;
};

QString languageName(QStringView info)
{
    QString word;
    for (const QChar c : info) {
        const bool separates = c.isSpace() || c == QLatin1Char(',') || c == QLatin1Char('{') || c == QLatin1Char('}');
        if (separates && !word.isEmpty())
            break;
        if (!separates && !(word.isEmpty() && c == QLatin1Char('.')))
            word += c.toLower();
    }
    return word;
}

} // namespace

CodeHighlighter::CodeHighlighter(QStringView info) : m_language(findLanguage(languageName(info))) {}

std::vector<CodeToken> CodeHighlighter::tokens(QStringView code, int state) const
{
    std::vector<CodeToken> tokens;
    if (m_language != nullptr)
        Lexer(*m_language, code, state, &tokens).run();
    return tokens;
}

int CodeHighlighter::stateAfter(QStringView code, int state) const
{
    return m_language != nullptr ? Lexer(*m_language, code, state, nullptr).run() : 0;
}

} // namespace ui
