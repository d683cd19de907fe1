#include "ui/transcript/text_run.h"

#include "ui/theme/theme.h"

#include <QFontMetricsF>
#include <QTextOption>
#include <algorithm>
#include <cmath>

namespace ui {

namespace {

QTextCharFormat formatOf(const Span &span, const QFont &font, const TextStyle &style)
{
    const theme::Colors &colors = theme::current().colors;
    QTextCharFormat format;
    if ((span.style & (CodeSpan | FormulaSpan)) != 0) {
        QFont mono = style.mono;
        mono.setPixelSize(std::max(6, static_cast<int>(std::lround(font.pixelSize() * 0.9))));
        mono.setItalic((span.style & FormulaSpan) != 0);
        if (font.weight() > QFont::Normal)
            mono.setWeight(font.weight());
        format.setFont(mono);
    }
    if ((span.style & BoldSpan) != 0)
        format.setFontWeight(QFont::DemiBold);
    if ((span.style & ItalicSpan) != 0)
        format.setFontItalic(true);
    if ((span.style & StrikeSpan) != 0)
        format.setFontStrikeOut(true);
    if ((span.style & NoticeSpan) != 0) {
        format.setForeground(colors.textMuted);
        format.setFontItalic(true);
    }
    if ((span.style & LinkSpan) != 0) {
        format.setForeground(colors.accent);
        format.setFontUnderline(true);
    }
    return format;
}

} // namespace

void setRunWidth(TextRun &run, qreal width)
{
    QTextLayout &layout = *run.layout;
    const QFontMetricsF metrics(layout.font());
    const qreal lead = std::floor((run.lineHeight - metrics.ascent() - metrics.descent()) / 2);
    run.width = width;
    layout.beginLayout();
    for (int i = 0;; ++i) {
        QTextLine line = layout.createLine();
        if (!line.isValid())
            break;
        line.setLineWidth(width);
        // One baseline grid, whatever fonts stand in for missing characters.
        const qreal baseline = qreal(i) * run.lineHeight + lead + metrics.ascent();
        line.setPosition(QPointF(0, std::round(baseline) - line.ascent()));
    }
    layout.endLayout();
}

TextRun makeRun(const RunInput &input)
{
    TextRun run;
    run.length = static_cast<int>(input.text.size());
    run.lineHeight = input.lineHeight;
    QString text = input.text;
    text.replace(QLatin1Char('\n'), QChar(QChar::LineSeparator));
    run.layout = std::make_unique<QTextLayout>(text, input.font);
    QTextOption option(input.alignment);
    option.setWrapMode(input.width >= unlimitedWidth ? QTextOption::NoWrap : QTextOption::WrapAtWordBoundaryOrAnywhere);
    option.setTabStopDistance(4 * QFontMetricsF(input.font).horizontalAdvance(QLatin1Char(' ')));
    run.layout->setTextOption(option);
    run.layout->setCacheEnabled(true);
    run.layout->setFormats(input.formats);
    setRunWidth(run, std::max(input.width, qreal(1)));
    return run;
}

qreal longestLine(const TextRun &run)
{
    qreal longest = 0;
    for (int i = 0; i < run.layout->lineCount(); ++i)
        longest = std::max(longest, run.layout->lineAt(i).naturalTextWidth());
    return std::ceil(longest);
}

QList<QTextLayout::FormatRange> spanFormats(const Block &block, int start, int length, const QFont &font,
                                            const TextStyle &style)
{
    QList<QTextLayout::FormatRange> formats;
    for (const Span &span : block.spans) {
        const int begin = std::max(span.start, start);
        const int end = std::min(span.start + span.length, start + length);
        if (begin >= end)
            continue;
        QTextLayout::FormatRange range;
        range.start = begin - start;
        range.length = end - begin;
        range.format = formatOf(span, font, style);
        formats.append(range);
    }
    return formats;
}

} // namespace ui
