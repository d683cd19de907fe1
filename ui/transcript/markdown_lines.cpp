#include "ui/transcript/markdown_lines.h"

#include <QString>

namespace ui::markdown {

namespace {

bool isSpace(QChar c)
{
    return c == QLatin1Char(' ') || c == QLatin1Char('\t') || c == QLatin1Char('\r');
}

qsizetype firstNonSpace(QStringView line)
{
    qsizetype i = 0;
    while (i < line.size() && isSpace(line[i]))
        ++i;
    return i;
}

qsizetype runLength(QStringView line, qsizetype from)
{
    qsizetype end = from;
    while (end < line.size() && line[end] == line[from])
        ++end;
    return end - from;
}

bool isUnderlineOf(QStringView line, QChar c)
{
    const QStringView text = line.trimmed();
    return !text.isEmpty() && text[0] == c && runLength(text, 0) == text.size();
}

} // namespace

int indentOf(QStringView line)
{
    int columns = 0;
    for (const QChar c : line) {
        if (c == QLatin1Char(' '))
            ++columns;
        else if (c == QLatin1Char('\t'))
            columns += 4 - columns % 4;
        else
            break;
    }
    return columns;
}

QStringView withoutIndent(QStringView line, int columns)
{
    int seen = 0;
    qsizetype i = 0;
    while (i < line.size() && seen < columns && (line[i] == QLatin1Char(' ') || line[i] == QLatin1Char('\t'))) {
        seen += line[i] == QLatin1Char('\t') ? 4 - seen % 4 : 1;
        ++i;
    }
    return line.mid(i);
}

bool isBlank(QStringView line)
{
    return firstNonSpace(line) == line.size();
}

std::optional<Fence> fenceOpening(QStringView line)
{
    const qsizetype start = firstNonSpace(line);
    if (start == line.size() || indentOf(line) > 3)
        return std::nullopt;
    const QChar c = line[start];
    if (c != QLatin1Char('`') && c != QLatin1Char('~'))
        return std::nullopt;
    const qsizetype length = runLength(line, start);
    if (length < 3 || (c == QLatin1Char('`') && line.mid(start + length).contains(c)))
        return std::nullopt;
    return Fence{c, static_cast<int>(length), indentOf(line), start + length};
}

bool closesFence(QStringView line, const Fence &fence)
{
    const QStringView text = line.trimmed();
    return !text.isEmpty() && text[0] == fence.character && runLength(text, 0) == text.size() &&
           text.size() >= fence.length && indentOf(line) <= 3;
}

bool isRule(QStringView line)
{
    if (indentOf(line) > 3)
        return false;
    QChar mark;
    int count = 0;
    for (const QChar c : line) {
        if (isSpace(c))
            continue;
        if (c != QLatin1Char('-') && c != QLatin1Char('*') && c != QLatin1Char('_'))
            return false;
        if (count > 0 && c != mark)
            return false;
        mark = c;
        ++count;
    }
    return count >= 3;
}

bool isSetextUnderline(QStringView line)
{
    return indentOf(line) <= 3 && (isUnderlineOf(line, QLatin1Char('=')) || isUnderlineOf(line, QLatin1Char('-')));
}

bool isHeading(QStringView line)
{
    const qsizetype start = firstNonSpace(line);
    if (start == line.size() || line[start] != QLatin1Char('#') || indentOf(line) > 3)
        return false;
    const qsizetype length = runLength(line, start);
    return length <= 6 && (start + length == line.size() || isSpace(line[start + length]));
}

bool isQuote(QStringView line)
{
    const qsizetype start = firstNonSpace(line);
    return start < line.size() && line[start] == QLatin1Char('>') && indentOf(line) <= 3;
}

std::optional<ListMarker> listMarker(QStringView line)
{
    ListMarker marker;
    marker.indent = indentOf(line);
    qsizetype i = firstNonSpace(line);
    if (i == line.size() || marker.indent > 3)
        return std::nullopt;
    const qsizetype start = i;
    while (i < line.size() && i - start < 10 && line[i] >= QLatin1Char('0') && line[i] <= QLatin1Char('9'))
        ++i;
    marker.ordered = i > start;
    if (i - start > 9 || i == line.size())
        return std::nullopt;
    marker.delimiter = line[i];
    if (!QStringView(marker.ordered ? u".)" : u"-+*").contains(marker.delimiter))
        return std::nullopt;
    marker.number = marker.ordered ? line.mid(start, i - start).toInt() : 0;
    const int width = static_cast<int>(++i - start);
    if (i < line.size() && !isSpace(line[i]))
        return std::nullopt;
    marker.empty = isBlank(line.mid(i));
    marker.contentAt = i + firstNonSpace(line.mid(i));
    int room = marker.empty ? 1 : indentOf(line.mid(i));
    if (room > 4) // the content is indented code
        room = 1;
    marker.contentIndent = marker.indent + width + room;
    return marker;
}

int countCells(QStringView line)
{
    const QStringView text = line.trimmed();
    int pipes = 0;
    bool escaped = false;
    for (const QChar c : text) {
        if (c == QLatin1Char('|') && !escaped)
            ++pipes;
        escaped = c == QLatin1Char('\\') && !escaped;
    }
    if (pipes == 0)
        return 0;
    const bool leading = text.startsWith(QLatin1Char('|'));
    const bool trailing = text.size() > 1 && text.endsWith(QLatin1Char('|')) && !text.endsWith(u"\\|");
    return pipes + 1 - (leading ? 1 : 0) - (trailing ? 1 : 0);
}

bool isDelimiterRow(QStringView line)
{
    if (indentOf(line) > 3 || !line.contains(QLatin1Char('|')))
        return false;
    QStringView rest = line.trimmed();
    if (rest.startsWith(QLatin1Char('|')))
        rest = rest.mid(1);
    if (rest.endsWith(QLatin1Char('|')))
        rest.chop(1);
    while (true) {
        const qsizetype pipe = rest.indexOf(QLatin1Char('|'));
        QStringView cell = (pipe < 0 ? rest : rest.left(pipe)).trimmed();
        if (cell.startsWith(QLatin1Char(':')))
            cell = cell.mid(1);
        if (cell.endsWith(QLatin1Char(':')))
            cell.chop(1);
        if (!isUnderlineOf(cell, QLatin1Char('-')))
            return false;
        if (pipe < 0)
            return true;
        rest = rest.mid(pipe + 1);
    }
}

bool interruptsParagraph(QStringView line)
{
    if (fenceOpening(line) || isHeading(line) || isQuote(line) || isRule(line))
        return true;
    const auto marker = listMarker(line);
    return marker && !marker->empty && (!marker->ordered || marker->number == 1);
}

} // namespace ui::markdown
