#pragma once
// Rewrites one chunk of Markdown so that md4c reads it as people mean it. Inserted characters are non-characters and
// the form feed, which the text itself cannot contain any more; MarkdownParser takes them out again.
//   * Formulas \( \) \[ \] $$ $$ become placeholders: their underscores and backslashes are not Markdown.
//   * Emphasis next to Chinese, Japanese and Korean: CommonMark's flanking rules need a space between "**重点：**" and
//     the letter after it, which these scripts do not write. A form feed (white space to md4c) is put there.
//   * "2*3*4" stays a product and "3~5 天，6~8 天" two ranges.
//   * "[a]: b" is no link definition (the text would vanish), and a table row keeps cells beyond its last column.

#include <QByteArray>
#include <QString>
#include <QStringView>
#include <vector>

namespace ui::markdown {

inline constexpr char16_t spacer = u'\f';
inline constexpr char16_t formulaMark = 0xFDD0; ///< then four of formulaDigit + 0 … 15
inline constexpr char16_t formulaDigit = 0xFDD1;
inline constexpr char16_t formFeedMark = 0xFDE2; ///< stands for a form feed of the text
inline constexpr char16_t pipeMark = 0xFDE3;     ///< stands for a pipe that separates no cells

struct Formula {
    QString raw;   ///< with its delimiters
    QString shown; ///< without
    bool display = false;
};

struct Prepared {
    QByteArray utf8;
    std::vector<Formula> formulas;
};

Prepared prepare(QStringView text);

struct Range {
    qsizetype begin = 0;
    qsizetype end = 0;
};

/// Code spans and fenced code in the text, in order.
std::vector<Range> codeRanges(QStringView text);

/// While a reply streams: closes emphasis, code and links at the end of the text that are still open, and leaves out
/// marks that have only just begun, so that the text does not flicker between two readings.
QString mendTail(QStringView text);

} // namespace ui::markdown
