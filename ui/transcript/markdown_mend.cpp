#include "ui/transcript/markdown_lines.h"
#include "ui/transcript/markdown_prepare.h"

namespace ui::markdown {

namespace {

/// Where the paragraph, list item, heading or table cell that is being written begins.
qsizetype openTextStart(QStringView text)
{
    qsizetype start = text.size();
    while (start > 0) {
        const qsizetype line = text.left(start > 0 ? start - 1 : 0).lastIndexOf(QLatin1Char('\n')) + 1;
        const QStringView content = text.mid(line);
        const QStringView first =
            content.left(content.indexOf(QLatin1Char('\n')) < 0 ? content.size() : content.indexOf(QLatin1Char('\n')));
        if (isBlank(first))
            return start;
        start = line;
        if (const auto marker = listMarker(first.trimmed()))
            return line + (first.size() - first.trimmed().size()) + marker->contentAt;
        if (isHeading(first) || first.trimmed().startsWith(QLatin1Char('>')))
            return line;
        if (first.trimmed().startsWith(QLatin1Char('|')))
            return text.lastIndexOf(QLatin1Char('|')) + 1;
    }
    return 0;
}

/// A link of which the address is still being written is shown as its text.
QString withoutOpenLink(QString text)
{
    const qsizetype middle = text.lastIndexOf(QLatin1String("]("));
    if (middle < 0 || text.indexOf(QLatin1Char(')'), middle) >= 0 || text.indexOf(QLatin1Char('\n'), middle) >= 0)
        return text;
    const qsizetype bracket = text.lastIndexOf(QLatin1Char('['), middle);
    if (bracket < 0)
        return text;
    const bool image = bracket > 0 && text[bracket - 1] == QLatin1Char('!');
    const qsizetype begin = image ? bracket - 1 : bracket;
    return text.left(begin) + text.mid(bracket + 1, middle - bracket - 1);
}

bool isMark(QChar c)
{
    return c == QLatin1Char('*') || c == QLatin1Char('_') || c == QLatin1Char('~') || c == QLatin1Char('`');
}

struct OpenMark {
    QChar character;
    qsizetype length;
};

/// The marks that are open at the end, by their simplest reading: a run closes the same run before it, else it opens.
std::vector<OpenMark> openMarks(QStringView text)
{
    std::vector<OpenMark> open;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == QLatin1Char('\\')) {
            ++i;
            continue;
        }
        if (!isMark(text[i]))
            continue;
        qsizetype end = i;
        while (end < text.size() && text[end] == text[i])
            ++end;
        const OpenMark mark{text[i], end - i};
        const bool inCode = !open.empty() && open.back().character == QLatin1Char('`');
        const bool spaceBefore = i == 0 || text[i - 1].isSpace();
        const bool spaceAfter = end == text.size() || text[end].isSpace();
        const bool inWord = !spaceBefore && !spaceAfter && text[i - 1].isLetterOrNumber() &&
                            text[end].isLetterOrNumber() && (mark.character == QLatin1Char('_') || mark.length == 1);
        const bool matches = !open.empty() && open.back().character == mark.character &&
                             open.back().length == mark.length && (inCode || !spaceBefore);
        if (matches)
            open.pop_back();
        else if (!inCode && (mark.character == QLatin1Char('`') || (!spaceAfter && !inWord)) && mark.length <= 3)
            open.push_back(mark);
        i = end - 1;
    }
    return open;
}

} // namespace

QString mendTail(QStringView text)
{
    const auto code = codeRanges(text);
    const bool inFence =
        !code.empty() && code.back().end == text.size() && text.mid(code.back().begin).contains(QLatin1Char('\n'));
    if (inFence)
        return text.toString();
    const qsizetype start = openTextStart(text);
    QString tail = withoutOpenLink(text.mid(start).toString());
    while (!tail.isEmpty() && tail.back().isSpace())
        tail.chop(1);
    qsizetype marks = tail.size();
    while (marks > 0 && isMark(tail[marks - 1]) && tail[marks - 1] == tail.back())
        --marks;
    // Marks at the very end belong to what comes next, unless they close something.
    if (marks < tail.size() && openMarks(tail).size() >= openMarks(QStringView(tail).left(marks)).size())
        tail.truncate(marks);
    while (!tail.isEmpty() && tail.back().isSpace())
        tail.chop(1);
    const auto open = openMarks(tail);
    for (auto mark = open.rbegin(); mark != open.rend(); ++mark)
        tail += QString(mark->length, mark->character);
    return text.left(start).toString() + tail;
}

} // namespace ui::markdown
