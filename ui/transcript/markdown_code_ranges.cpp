#include "ui/transcript/markdown_lines.h"
#include "ui/transcript/markdown_prepare.h"

#include <QHash>
#include <optional>

namespace ui::markdown {

namespace {

QStringView withoutContainers(QStringView line)
{
    QStringView rest = line.trimmed();
    while (true) {
        if (const auto marker = listMarker(rest); marker && !marker->empty)
            rest = rest.mid(marker->contentAt);
        else if (isQuote(rest))
            rest = rest.mid(1).trimmed();
        else
            return rest;
    }
}

/// Code spans of one paragraph. A run of backticks is closed by the next run of the same length; looking that up in the
/// list of runs, and never for a length that does not come again, keeps the search linear.
void findSpans(QStringView text, qsizetype offset, std::vector<Range> &ranges)
{
    std::vector<Range> runs;
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] != QLatin1Char('`'))
            continue;
        const qsizetype begin = i;
        while (i < text.size() && text[i] == QLatin1Char('`'))
            ++i;
        runs.push_back({begin, i});
    }
    QHash<qsizetype, std::size_t> last;
    for (std::size_t i = 0; i < runs.size(); ++i)
        last[runs[i].end - runs[i].begin] = i;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        qsizetype length = runs[i].end - runs[i].begin;
        const bool escaped = runs[i].begin > 0 && text[runs[i].begin - 1] == QLatin1Char('\\');
        if (escaped && --length == 0)
            continue;
        if (last.value(length, 0) <= i)
            continue;
        std::size_t close = i + 1;
        while (runs[close].end - runs[close].begin != length)
            ++close;
        ranges.push_back({offset + runs[i].begin, offset + runs[close].end});
        i = close;
    }
}

} // namespace

std::vector<Range> codeRanges(QStringView text)
{
    std::vector<Range> ranges;
    if (!text.contains(QLatin1Char('`')) && !text.contains(QLatin1Char('~')))
        return ranges;
    std::optional<Fence> fence;
    qsizetype paragraph = 0;
    qsizetype fenceAt = 0;
    qsizetype begin = 0;
    while (begin < text.size()) {
        qsizetype end = text.indexOf(QLatin1Char('\n'), begin);
        if (end < 0)
            end = text.size();
        const QStringView line = text.mid(begin, end - begin);
        if (fence) {
            if (closesFence(line.trimmed(), *fence)) {
                ranges.push_back({fenceAt, end});
                fence.reset();
                paragraph = end;
            }
        } else if (isBlank(line)) {
            findSpans(text.mid(paragraph, begin - paragraph), paragraph, ranges);
            paragraph = begin;
        } else if ((fence = fenceOpening(withoutContainers(line)))) {
            findSpans(text.mid(paragraph, begin - paragraph), paragraph, ranges);
            fenceAt = begin;
        }
        begin = end + 1;
    }
    if (fence)
        ranges.push_back({fenceAt, text.size()});
    else
        findSpans(text.mid(paragraph), paragraph, ranges);
    return ranges;
}

} // namespace ui::markdown
