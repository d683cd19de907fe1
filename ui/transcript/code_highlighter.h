#pragma once
// Colours for code: a small lexer driven by a table of languages. It knows comments, strings, numbers, keywords, types
// and calls; an unknown language is shown plainly. Linear; the state between pieces of one text is an int.

#include <QString>
#include <QStringView>
#include <vector>

namespace ui {

enum class CodeColor { Keyword, Type, Function, String, Number, Comment };

struct CodeToken {
    int start = 0;
    int length = 0;
    CodeColor color = CodeColor::Keyword;

    bool operator==(const CodeToken &) const = default;
};

struct CodeLanguage;

class CodeHighlighter {
public:
    /// `info` is the line after the fence ("c++", "Python title=x"); its first word is looked up.
    explicit CodeHighlighter(QStringView info);

    bool isKnown() const { return m_language != nullptr; }
    /// Tokens in order, without overlap. `state` is 0 at the beginning of a text, else the result of stateAfter().
    std::vector<CodeToken> tokens(QStringView code, int state) const;
    /// Inside which comment or string the text ends.
    int stateAfter(QStringView code, int state) const;

private:
    const CodeLanguage *m_language;
};

} // namespace ui
