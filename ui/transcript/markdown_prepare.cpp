#include "ui/transcript/markdown_prepare.h"

#include "ui/transcript/markdown_lines.h"

#include <QList>
#include <algorithm>

namespace ui::markdown {

namespace {

/// A replacement in the text; insertions have length 0.
struct Edit {
    qsizetype at = 0;
    qsizetype length = 0;
    QString replacement;
};
using Edits = std::vector<Edit>;

/// Walks over the text outside of code.
class CodeSkipper {
public:
    explicit CodeSkipper(const std::vector<Range> &ranges) : m_ranges(ranges) {}

    /// End of the code that `position` lies in, else `position`. Positions must not go back.
    qsizetype after(qsizetype position)
    {
        while (m_next < m_ranges.size() && m_ranges[m_next].end <= position)
            ++m_next;
        const bool inside = m_next < m_ranges.size() && m_ranges[m_next].begin <= position;
        return inside ? m_ranges[m_next].end : position;
    }

private:
    const std::vector<Range> &m_ranges;
    std::size_t m_next = 0;
};

bool blankLineFollows(QStringView text, qsizetype lineFeed)
{
    qsizetype next = lineFeed + 1;
    while (next < text.size() && (text[next] == QLatin1Char(' ') || text[next] == QLatin1Char('\t')))
        ++next;
    return next == text.size() || text[next] == QLatin1Char('\n');
}

qsizetype paragraphEnd(QStringView text, qsizetype from)
{
    qsizetype at = from;
    while ((at = text.indexOf(QLatin1Char('\n'), at)) >= 0) {
        if (blankLineFollows(text, at))
            return at;
        ++at;
    }
    return text.size();
}

QString placeholder(std::size_t index)
{
    QString mark{QChar(formulaMark)};
    for (int shift = 12; shift >= 0; shift -= 4)
        mark += QChar(static_cast<char16_t>(formulaDigit + ((index >> shift) & 0xF)));
    return mark;
}

/// Length of a formula at `at`, 0 if none begins there. One that is not closed reaches to the end of its line.
qsizetype formulaLength(QStringView text, qsizetype at)
{
    const QStringView two = text.mid(at, 2);
    const bool dollars = two == u"$$";
    if (!dollars && two != u"\\(" && two != u"\\[")
        return 0;
    const QStringView closing = dollars ? QStringView(u"$$") : two[1] == u'(' ? u"\\)" : u"\\]";
    const qsizetype limit = paragraphEnd(text, at + 2);
    const qsizetype end = text.mid(at + 2, limit - at - 2).indexOf(closing);
    if (end >= 0)
        return end + 4;
    if (dollars)
        return 0;
    const qsizetype line = text.mid(at, limit - at).indexOf(QLatin1Char('\n'));
    return line < 0 ? limit - at : line;
}

Formula makeFormula(QStringView raw)
{
    Formula formula{raw.toString(), {}, raw[1] != QLatin1Char('(')};
    QStringView inner = raw.mid(2);
    const QStringView closing = raw[1] == u'(' ? u"\\)" : raw[1] == u'[' ? u"\\]" : u"$$";
    if (inner.endsWith(closing))
        inner.chop(2);
    for (const QStringView line : inner.split(QLatin1Char('\n'))) {
        const QStringView content = line.trimmed();
        if (content.isEmpty())
            continue;
        if (!formula.shown.isEmpty())
            formula.shown += QLatin1Char(formula.display ? '\n' : ' ');
        formula.shown += content;
    }
    if (formula.shown.isEmpty()) // "$$$$" or "\(\)" is no formula but some characters
        formula.shown = formula.raw;
    return formula;
}

void findFormulas(QStringView text, const std::vector<Range> &code, Edits &edits, std::vector<Formula> &formulas)
{
    CodeSkipper skipper(code);
    for (qsizetype i = 0; i + 1 < text.size(); ++i) {
        if (const qsizetype after = skipper.after(i); after > i) {
            i = after - 1;
            continue;
        }
        const qsizetype length = formulas.size() < 0xFFFF ? formulaLength(text, i) : 0;
        if (length > 0) {
            edits.push_back({i, length, placeholder(formulas.size())});
            formulas.push_back(makeFormula(text.mid(i, length)));
            i += length - 1;
        } else if (text[i] == QLatin1Char('\\')) {
            ++i; // an escaped backslash begins no formula
        }
    }
}

bool isCjk(QChar c)
{
    const char16_t u = c.unicode();
    return (u >= 0x2E80 && u <= 0x9FFF) || (u >= 0xAC00 && u <= 0xD7A3) || (u >= 0xF900 && u <= 0xFAFF) ||
           (u >= 0xFE30 && u <= 0xFE4F) || (u >= 0xFF00 && u <= 0xFFEF) || c.isSurrogate();
}

bool isPunctuation(QChar c)
{
    return c.unicode() < 0x80 ? c.isPrint() && !c.isLetterOrNumber() && !c.isSpace() : c.isPunct();
}

/// See the head of the header file. `open` holds which runs of 1, 2, 3 marks are open. A star between digits multiplies
/// and a single tilde means "about" or "to" ("3~5 天，6~8 天"): neither is a mark.
void spaceEmphasis(QStringView text, const std::vector<Range> &code, Edits &edits)
{
    CodeSkipper skipper(code);
    bool open[2][4] = {};
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (const qsizetype after = skipper.after(i); after > i) {
            i = after - 1;
            continue;
        }
        if (text[i] == QLatin1Char('\\')) {
            ++i;
            continue;
        }
        if (text[i] == QLatin1Char('\n') && blankLineFollows(text, i))
            std::fill(&open[0][0], &open[0][0] + 8, false);
        if (text[i] != QLatin1Char('*') && text[i] != QLatin1Char('~'))
            continue;
        qsizetype end = i;
        while (end < text.size() && text[end] == text[i])
            ++end;
        const qsizetype length = end - i;
        const QChar before = i > 0 ? text[i - 1] : QLatin1Char('\n');
        const QChar after = end < text.size() ? text[end] : QLatin1Char('\n');
        const bool product = text[i] == QLatin1Char('*') && before.isLetterOrNumber() && after.isLetterOrNumber() &&
                             (before.isDigit() || after.isDigit());
        if (length == 1 && (product || text[i] == QLatin1Char('~'))) {
            edits.push_back({i, 0, QStringLiteral("\\")});
        } else if (length <= 3) {
            bool &isOpen = open[text[i] == QLatin1Char('~') ? 1 : 0][length];
            const bool left = !after.isSpace() && (!isPunctuation(after) || before.isSpace() || isPunctuation(before));
            const bool right = !before.isSpace() && (!isPunctuation(before) || after.isSpace() || isPunctuation(after));
            const bool cjk = isCjk(before) || isCjk(after);
            if (isOpen) {
                if (!right && !before.isSpace() && cjk)
                    edits.push_back({end, 0, QChar(spacer)});
                isOpen = !(right || (!before.isSpace() && cjk));
            } else {
                if (!left && !after.isSpace() && cjk)
                    edits.push_back({i, 0, QChar(spacer)});
                isOpen = left || (!after.isSpace() && cjk);
            }
        }
        i = end - 1;
    }
}

void spaceDefinitions(QStringView text, Edits &edits)
{
    for (qsizetype at = text.indexOf(u"]:"); at >= 0; at = text.indexOf(u"]:", at + 1))
        edits.push_back({at + 1, 0, QChar(spacer)});
}

/// Pipes beyond the last column would take their cells with them: those in code are no separators, then the last ones.
void keepAllCells(QStringView row, qsizetype at, int columns, Edits &edits)
{
    int excess = countCells(row) - columns;
    if (excess <= 0)
        return;
    std::vector<qsizetype> outside;
    std::vector<qsizetype> chosen;
    const auto code = codeRanges(row);
    CodeSkipper skipper(code);
    for (qsizetype i = 0; i < row.size(); ++i) {
        if (row[i] == QLatin1Char('\\')) {
            ++i;
        } else if (row[i] == QLatin1Char('|')) {
            (skipper.after(i) > i ? chosen : outside).push_back(i);
        }
    }
    excess -= static_cast<int>(chosen.size());
    if (!outside.empty() && row.trimmed().endsWith(QLatin1Char('|')))
        outside.pop_back(); // the closing one
    for (; excess > 0 && !outside.empty(); --excess) {
        chosen.push_back(outside.back());
        outside.pop_back();
    }
    for (const qsizetype i : chosen)
        edits.push_back({at + i, 1, QChar(pipeMark)});
}

void keepTableCells(QStringView text, Edits &edits)
{
    const qsizetype headEnd = text.indexOf(QLatin1Char('\n'));
    if (headEnd < 0)
        return;
    qsizetype at = text.indexOf(QLatin1Char('\n'), headEnd + 1);
    const int columns = countCells(text.left(headEnd));
    if (at < 0 || columns == 0 || !isDelimiterRow(text.mid(headEnd + 1, at - headEnd - 1)))
        return;
    while (at >= 0) {
        const qsizetype begin = at + 1;
        at = text.indexOf(QLatin1Char('\n'), begin);
        keepAllCells(text.mid(begin, at < 0 ? -1 : at - begin), begin, columns, edits);
    }
}

QString withoutOwnCharacters(QStringView text)
{
    QString result = text.toString();
    for (QChar &c : result) {
        if (c.unicode() >= 0xFDD0 && c.unicode() <= 0xFDEF)
            c = QChar::ReplacementCharacter;
        else if (c == QLatin1Char('\f'))
            c = QChar(formFeedMark);
        else if (c == QLatin1Char('\r'))
            c = QLatin1Char(' ');
    }
    return result;
}

QString applied(QStringView text, Edits &edits)
{
    std::stable_sort(edits.begin(), edits.end(), [](const Edit &a, const Edit &b) { return a.at < b.at; });
    QString result;
    result.reserve(text.size() + static_cast<qsizetype>(edits.size()));
    qsizetype done = 0;
    for (const Edit &edit : edits) {
        if (edit.at < done) // inside a formula
            continue;
        result += text.mid(done, edit.at - done);
        result += edit.replacement;
        done = edit.at + edit.length;
    }
    return result += text.mid(done);
}

} // namespace

Prepared prepare(QStringView text)
{
    const QString clean = withoutOwnCharacters(text);
    const auto code = codeRanges(clean);
    Prepared prepared;
    Edits edits;
    findFormulas(clean, code, edits, prepared.formulas);
    spaceEmphasis(clean, code, edits);
    spaceDefinitions(clean, edits);
    keepTableCells(clean, edits);
    prepared.utf8 = applied(clean, edits).toUtf8();
    return prepared;
}

} // namespace ui::markdown
