#include "ui/transcript/block_painter.h"

#include "ui/theme/theme.h"
#include "ui/transcript/glyphs.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace ui {

namespace {

QString words(const char *text)
{
    return QCoreApplication::translate("ui::TranscriptView", text);
}

/// A rectangle with round corners only where its piece is the first or last of the whole.
QPainterPath frameShape(const QRectF &rect, qreal radius, bool roundTop, bool roundBottom)
{
    QPainterPath path;
    const qreal above = roundTop ? 0 : radius * 2;
    const qreal below = roundBottom ? 0 : radius * 2;
    path.addRoundedRect(rect.adjusted(0, -above, 0, below), radius, radius);
    if (!roundTop || !roundBottom) {
        QPainterPath clip;
        clip.addRect(rect);
        path = path.intersected(clip);
    }
    return path;
}

QRectF pieceRect(const BlockPaint &paint)
{
    const int footer = paint.block.kind == BlockKind::Code && paint.lastPiece ? codeFooter(paint.style) : 0;
    return paint.layout.frame.translated(paint.origin).adjusted(0, 0, 0, footer);
}

void paintCodeHeader(QPainter &painter, const BlockPaint &paint)
{
    const theme::Colors &colors = theme::current().colors;
    const QRectF header(paint.layout.frame.left() + paint.origin.x(), paint.origin.y(), paint.layout.frame.width(),
                        paint.layout.headerHeight);
    const QRectF button = codeCopyRect(paint.block, paint.layout).translated(paint.origin);
    painter.setFont(paint.style.small);
    painter.setPen(colors.textMuted);
    QRectF label = header.adjusted(16, 0, 0, 0);
    label.setRight(button.left() - 8);
    QString name = paint.block.language.section(QLatin1Char(' '), 0, 0);
    if (name.isEmpty())
        name = words(QT_TRANSLATE_NOOP("ui::TranscriptView", "code"));
    const QFontMetricsF metrics(paint.style.small);
    painter.drawText(label, Qt::AlignVCenter | Qt::TextSingleLine,
                     metrics.elidedText(name, Qt::ElideRight, label.width()));
    if (paint.block.hiddenCharacters) {
        const QString warning = words(QT_TRANSLATE_NOOP("ui::TranscriptView", "contains hidden characters"));
        painter.setPen(colors.warning);
        label.setLeft(label.left() + metrics.horizontalAdvance(name) + 16);
        painter.drawText(label, Qt::AlignVCenter | Qt::TextSingleLine,
                         metrics.elidedText(warning, Qt::ElideRight, std::max(label.width(), qreal(0))));
    }
    if (paint.copyHot) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.hover);
        painter.drawRoundedRect(button, 4, 4);
    }
    const QColor color = paint.copied ? colors.success : paint.copyHot ? colors.textPrimary : colors.textMuted;
    const QRectF icon(button.left() + 8, button.center().y() - 7, 14, 14);
    drawGlyph(painter, paint.copied ? Glyph::Done : Glyph::Copy, icon, color);
    painter.setPen(color);
    painter.drawText(button.adjusted(28, 0, 0, 0), Qt::AlignVCenter | Qt::TextSingleLine,
                     paint.copied ? words(QT_TRANSLATE_NOOP("ui::TranscriptView", "Copied"))
                                  : words(QT_TRANSLATE_NOOP("ui::TranscriptView", "Copy")));
}

void paintCodeFrame(QPainter &painter, const BlockPaint &paint)
{
    const theme::Tokens &tokens = theme::current();
    const QRectF rect = pieceRect(paint);
    painter.setPen(Qt::NoPen);
    painter.setBrush(tokens.colors.codeBackground);
    painter.drawPath(frameShape(rect, tokens.radius.medium, !paint.block.continues, paint.lastPiece));
    if (!paint.block.continues && paint.layout.headerHeight > 0)
        paintCodeHeader(painter, paint);
}

void paintTableGrid(QPainter &painter, const BlockPaint &paint)
{
    const theme::Colors &colors = theme::current().colors;
    const BlockLayout &layout = paint.layout;
    const qreal left = layout.frame.left() + paint.origin.x() - paint.scrollX;
    const qreal right = left + layout.contentWidth;
    for (std::size_t row = 1; row < layout.rows.size(); ++row) {
        const bool underHeader = row == 1 && !paint.block.continues;
        const qreal y = std::round(paint.origin.y() + layout.rows[row]);
        painter.fillRect(QRectF(left, y, right - left, 1), underHeader ? colors.borderStrong : colors.border);
    }
}

void paintBehindSpans(QPainter &painter, const BlockPaint &paint)
{
    painter.setPen(Qt::NoPen);
    for (const Span &span : paint.block.spans) {
        if ((span.style & CodeSpan) == 0)
            continue;
        painter.setBrush(theme::current().colors.hover);
        for (const QRectF &rect : rectsOf(paint.layout, span.start, span.start + span.length)) {
            const qreal inset = std::max(qreal(1), std::floor(rect.height() / 8));
            const QRectF chip =
                rect.adjusted(-3, inset, 3, -inset).translated(paint.origin.x() - paint.scrollX, paint.origin.y());
            painter.drawRoundedRect(chip, 4, 4);
        }
    }
}

void paintMark(QPainter &painter, const BlockPaint &paint, const TextMark &mark, const QColor &color)
{
    for (const QRectF &rect : rectsOf(paint.layout, mark.from, mark.to))
        painter.fillRect(rect.translated(paint.origin.x() - paint.scrollX, paint.origin.y()), color);
}

void paintMarks(QPainter &painter, const BlockPaint &paint)
{
    const theme::Colors &colors = theme::current().colors;
    for (std::size_t i = 0; i < paint.matches.size(); ++i) {
        paintMark(painter, paint, paint.matches[i], colors.findMatch);
        if (static_cast<int>(i) != paint.currentMatch)
            continue;
        painter.setPen(QPen(colors.textPrimary, 1));
        painter.setBrush(Qt::NoBrush);
        for (const QRectF &rect : rectsOf(paint.layout, paint.matches[i].from, paint.matches[i].to))
            painter.drawRect(
                rect.translated(paint.origin.x() - paint.scrollX, paint.origin.y()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
    if (paint.selection.from < paint.selection.to)
        paintMark(painter, paint, paint.selection, colors.selection);
}

void paintTask(QPainter &painter, const BlockPaint &paint, qreal x)
{
    const theme::Colors &colors = theme::current().colors;
    const bool done = paint.block.task == 1;
    const qreal side = std::round(paint.style.body.pixelSize() * 0.95);
    const QRectF box(x - side - 8, paint.origin.y() + std::round((paint.style.lineHeight - side) / 2.0), side, side);
    painter.setPen(done ? QPen(Qt::NoPen) : QPen(colors.borderStrong, 1.2));
    painter.setBrush(done ? QBrush(colors.accent) : QBrush(Qt::NoBrush));
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    if (done)
        drawGlyph(painter, Glyph::Done, box.adjusted(2, 2, -2, -2), colors.accentText);
}

void paintMarker(QPainter &painter, const BlockPaint &paint)
{
    const qreal x = paint.origin.x() + leftIndent(paint.block, paint.style);
    if (paint.block.task >= 0) {
        paintTask(painter, paint, x);
        return;
    }
    if (paint.block.marker.isEmpty())
        return;
    const QFontMetricsF metrics(paint.style.body);
    const qreal lead = std::floor((paint.style.lineHeight - metrics.ascent() - metrics.descent()) / 2);
    const qreal width = metrics.horizontalAdvance(paint.block.marker);
    painter.setFont(paint.style.body);
    painter.setPen(paint.style.secondary);
    painter.drawText(QPointF(x - width - 8, paint.origin.y() + std::round(lead + metrics.ascent())),
                     paint.block.marker);
}

void paintQuoteRules(QPainter &painter, const BlockPaint &paint, qreal height)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme::current().colors.thinkingRule);
    for (int i = 0; i < std::min(paint.block.quoteDepth, 8); ++i)
        painter.drawRect(QRectF(paint.origin.x() + i * 16, paint.origin.y(), 3, height));
}

void paintScrollBar(QPainter &painter, const BlockPaint &paint)
{
    const QRectF rect = pieceRect(paint);
    const qreal track = rect.width() - 16;
    const qreal length = std::max(track * paint.layout.frame.width() / paint.scrollWidth, qreal(24));
    const qreal range = paint.scrollWidth - paint.layout.frame.width();
    const qreal at = range > 0 ? (track - length) * std::min(paint.scrollX / range, qreal(1)) : 0;
    QColor color = theme::current().colors.textMuted;
    color.setAlphaF(0.5F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(QRectF(rect.left() + 8 + at, rect.bottom() - 6, length, 4), 2, 2);
}

} // namespace

QRectF codeCopyRect(const Block &block, const BlockLayout &layout)
{
    if (block.kind != BlockKind::Code || block.continues || layout.headerHeight == 0)
        return {};
    const QFontMetricsF metrics(theme::current().fonts.small);
    const qreal text = std::max(metrics.horizontalAdvance(words("Copy")), metrics.horizontalAdvance(words("Copied")));
    const qreal width = std::ceil(text) + 40;
    return QRectF(layout.frame.right() - width - 4, 4, width, layout.headerHeight - 8);
}

void paintBlock(QPainter &painter, const BlockPaint &paint)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (paint.block.quoteDepth > 0)
        paintQuoteRules(painter, paint, paint.layout.height);
    if (paint.block.kind == BlockKind::Code)
        paintCodeFrame(painter, paint);
    if (paint.block.kind == BlockKind::Rule) {
        const qreal y = std::floor(paint.origin.y() + paint.layout.height / 2.0);
        const qreal left = paint.origin.x() + leftIndent(paint.block, paint.style);
        painter.fillRect(QRectF(left, y, paint.origin.x() + paint.layout.width - left, 1),
                         theme::current().colors.border);
    }
    paintMarker(painter, paint);
    if (paint.layout.frame.isValid()) // text that scrolls sideways, and marks piled up on it, stay inside
        painter.setClipRect(paint.layout.frame.translated(paint.origin), Qt::IntersectClip);
    else
        painter.setClipRect(QRectF(paint.origin.x() - 8, paint.origin.y() - paint.style.lineHeight,
                                   paint.layout.width + 16, paint.layout.height + 2 * paint.style.lineHeight),
                            Qt::IntersectClip);
    if (paint.block.kind == BlockKind::Table)
        paintTableGrid(painter, paint);
    paintBehindSpans(painter, paint);
    paintMarks(painter, paint);
    painter.setPen(paint.block.quoteDepth > 0 ? paint.style.secondary : paint.style.text);
    for (const TextRun &run : paint.layout.runs)
        run.layout->draw(&painter, paint.origin + run.position - QPointF(paint.scrollX, 0));
    painter.restore();
    if (paint.scrollWidth > 0 && paint.lastPiece)
        paintScrollBar(painter, paint);
}

} // namespace ui
