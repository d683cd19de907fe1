#include "ui/transcript/block_layout.h"

#include "ui/theme/theme.h"
#include "ui/transcript/code_highlighter.h"
#include "ui/transcript/table_layout.h"
#include "ui/transcript/text_run.h"

#include <QFontMetricsF>
#include <QTextBoundaryFinder>
#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr int codePadding = 16;

QList<QTextLayout::FormatRange> codeFormats(const Block &block)
{
    const theme::Colors &colors = theme::current().colors;
    QList<QTextLayout::FormatRange> formats;
    for (const CodeToken &token : CodeHighlighter(block.language).tokens(block.text, block.lexerState)) {
        const QColor byKind[] = {colors.keyword, colors.type,   colors.function,
                                 colors.string,  colors.number, colors.comment};
        QTextLayout::FormatRange range;
        range.start = token.start;
        range.length = token.length;
        range.format.setForeground(byKind[static_cast<int>(token.color)]);
        formats.append(range);
    }
    return formats;
}

void layOutText(BlockLayout &result, const Block &block, const TextStyle &style)
{
    const bool heading = block.kind == BlockKind::Heading;
    const qreal left = leftIndent(block, style);
    RunInput input{block.text, heading ? headingFont(style, block.level) : style.body, {}, 0, result.width - left};
    input.lineHeight = heading ? lineHeightOf(input.font) - 2 : style.lineHeight;
    input.formats = spanFormats(block, 0, static_cast<int>(block.text.size()), input.font, style);
    TextRun run = makeRun(input);
    run.position = QPointF(left, 0);
    result.contentWidth = longestLine(run);
    result.height = static_cast<int>(std::ceil(std::max(run.height(), qreal(style.lineHeight))));
    result.runs.push_back(std::move(run));
}

void layOutCode(BlockLayout &result, const Block &block, const TextStyle &style)
{
    const qreal left = leftIndent(block, style);
    const bool formula = block.kind == BlockKind::Formula;
    QFont font = style.mono;
    font.setItalic(formula);
    RunInput input{block.text, font, {}, style.codeLineHeight, unlimitedWidth};
    if (formula) {
        input.lineHeight = style.lineHeight;
    } else {
        input.formats = codeFormats(block);
        result.headerHeight = block.continues ? 0 : QFontMetrics(style.small).height() + 16;
    }
    TextRun run = makeRun(input);
    run.position = QPointF(left + codePadding, result.headerHeight + (formula ? 4 : 0));
    result.contentWidth = longestLine(run) + 2 * codePadding;
    const qreal height = run.position.y() + run.height() + (formula ? 4 : 0);
    result.height = static_cast<int>(std::ceil(height));
    result.frame = QRectF(left, 0, result.width - left, result.height);
    result.runs.push_back(std::move(run));
}

const TextRun *nearestRun(const BlockLayout &layout, QPointF point)
{
    const TextRun *best = nullptr;
    qreal bestDistance = 0;
    for (const TextRun &run : layout.runs) {
        const QRectF box(run.position, QSizeF(std::max(run.width, qreal(1)), std::max(run.height(), qreal(1))));
        const qreal dx = std::max({box.left() - point.x(), point.x() - box.right(), qreal(0)});
        const qreal dy = std::max({box.top() - point.y(), point.y() - box.bottom(), qreal(0)});
        const qreal distance = dx + dy * 8; // rows first
        if (best == nullptr || distance < bestDistance) {
            best = &run;
            bestDistance = distance;
        }
    }
    return best;
}

} // namespace

std::unique_ptr<BlockLayout> layOutBlock(const Block &block, qreal width, const TextStyle &style)
{
    auto result = std::make_unique<BlockLayout>();
    result->width = width;
    switch (block.kind) {
    case BlockKind::Code:
    case BlockKind::Formula:
        layOutCode(*result, block, style);
        break;
    case BlockKind::Table:
        layOutTable(*result, block, style);
        break;
    case BlockKind::Rule:
        result->height = style.lineHeight;
        break;
    default:
        layOutText(*result, block, style);
    }
    return result;
}

int codeFooter(const TextStyle &style)
{
    return style.codeLineHeight * 3 / 5;
}

int textPositionAt(const BlockLayout &layout, QPointF point)
{
    const TextRun *run = nearestRun(layout, point);
    if (run == nullptr || run->layout->lineCount() == 0)
        return 0;
    const int row = static_cast<int>(std::floor((point.y() - run->position.y()) / run->lineHeight));
    const QTextLine line = run->layout->lineAt(std::clamp(row, 0, run->layout->lineCount() - 1));
    int position = line.xToCursor(point.x() - run->position.x());
    // Behind a line break means the beginning of the next line, where the pointer is not.
    const int end = line.textStart() + line.textLength();
    if (position == end && end > line.textStart() && end <= run->length &&
        run->layout->text().at(end - 1) == QChar(QChar::LineSeparator))
        position = end - 1;
    return run->start + std::min(position, run->length);
}

std::pair<int, int> wordAt(const Block &block, int position)
{
    QTextBoundaryFinder finder(QTextBoundaryFinder::Word, block.text);
    const auto size = static_cast<int>(block.text.size());
    finder.setPosition(std::clamp(position, 0, size));
    const bool atStart = (finder.boundaryReasons() & QTextBoundaryFinder::StartOfItem) != 0;
    const int start = atStart ? position : static_cast<int>(finder.toPreviousBoundary());
    finder.setPosition(std::clamp(position, 0, size));
    const int end = static_cast<int>(finder.toNextBoundary());
    return {std::max(start, 0), end < 0 ? size : end};
}

QList<QRectF> rectsOf(const BlockLayout &layout, int from, int to)
{
    QList<QRectF> rects;
    for (const TextRun &run : layout.runs) {
        const int first = std::max(from - run.start, 0);
        const int last = std::min(to - run.start, run.length);
        if (first >= last)
            continue;
        for (int i = 0; i < run.layout->lineCount(); ++i) {
            const QTextLine line = run.layout->lineAt(i);
            const int begin = std::max(first, line.textStart());
            const int end = std::min(last, line.textStart() + line.textLength());
            if (begin >= end)
                continue;
            const qreal a = line.cursorToX(begin);
            qreal b = line.cursorToX(end);
            if (run.layout->text().at(end - 1) == QChar(QChar::LineSeparator))
                b = std::max(b, a) + 5; // the selected line break
            rects.append(QRectF(run.position.x() + std::min(a, b), run.position.y() + qreal(i) * run.lineHeight,
                                std::abs(b - a), run.lineHeight));
        }
    }
    return rects;
}

int estimatedHeight(const Block &block, qreal width, const TextStyle &style)
{
    if (block.kind == BlockKind::Rule)
        return style.lineHeight;
    if (block.kind == BlockKind::Code || block.kind == BlockKind::Formula) {
        const int header = block.kind == BlockKind::Code && !block.continues ? style.codeLineHeight + 12 : 0;
        return header + static_cast<int>(block.text.count(QLatin1Char('\n')) + 1) * style.codeLineHeight;
    }
    if (block.kind == BlockKind::Table)
        return (static_cast<int>(block.cells.size()) / std::max(block.columns, 1)) * (style.lineHeight + 12);
    const double perLine = std::max(1.0, (width - leftIndent(block, style)) / (style.body.pixelSize() * 0.52));
    double units = 0;
    double lines = 0;
    for (const QChar c : block.text) {
        if (c == QLatin1Char('\n')) {
            lines += std::max(1.0, std::ceil(units / perLine));
            units = 0;
        } else {
            units += c.unicode() >= 0x2E80 ? 1.95 : 1.0;
        }
    }
    lines += std::max(1.0, std::ceil(units / perLine));
    return static_cast<int>(lines) * style.lineHeight;
}

} // namespace ui
