#include "ui/transcript/message_painter.h"

#include "ui/theme/theme.h"
#include "ui/transcript/glyphs.h"
#include "ui/transcript/message_controls.h"
#include "ui/transcript/message_metrics.h"
#include "ui/transcript/statistics_text.h"

#include <QFontMetrics>
#include <QLinearGradient>
#include <algorithm>

namespace ui {

namespace {

const theme::Colors &colors()
{
    return theme::current().colors;
}

QColor faded(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha) * color.alphaF());
    return color;
}

void drawElided(QPainter &painter, const QRect &rect, const QString &text, Qt::Alignment alignment = Qt::AlignLeft)
{
    const QFontMetrics metrics(painter.font());
    painter.drawText(rect, static_cast<int>(alignment | Qt::AlignVCenter) | Qt::TextSingleLine,
                     metrics.elidedText(text, Qt::ElideRight, rect.width()));
}

void paintBlocks(QPainter &painter, const MessagePaint &paint, MessagePart part)
{
    BlockColumn &column = paint.item.column(part);
    const QPoint origin = paint.item.origin(part);
    const QRect seen = paint.visible & paint.item.clip(part);
    if (seen.isEmpty() || column.count() == 0)
        return;
    for (int i = column.blockAt(seen.top() - origin.y()); i < column.count(); ++i) {
        const int top = origin.y() + column.top(i);
        if (top > seen.bottom())
            break;
        BlockPaint block{column.block(i), column.layoutOf(i), column.style(),
                         QPointF(paint.origin + QPoint(origin.x(), top))};
        block.lastPiece = column.isLastPiece(i);
        block.scrollX = column.scrollX(i);
        block.scrollWidth = column.contentWidth(i);
        block.selection = paint.selection(part, i);
        std::tie(block.matches, block.currentMatch) = paint.matches(part, i);
        const Control copy{ControlKind::CopyCode, part, i, -1};
        block.copyHot = paint.hot == copy;
        block.copied = paint.copied == copy;
        paintBlock(painter, block);
    }
}

void paintHeader(QPainter &painter, const MessagePaint &paint)
{
    QFont font = theme::current().fonts.small;
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(colors().textSecondary);
    drawElided(painter, paint.item.geometry().header.translated(paint.origin).adjusted(0, 0, 0, -4),
               paint.item.speaker());
}

void paintStatus(QPainter &painter, const MessagePaint &paint)
{
    const QRect rect = paint.item.geometry().status.translated(paint.origin);
    const auto &live = paint.item.live();
    painter.setPen(Qt::NoPen);
    painter.setBrush(faded(colors().accent, 0.35 + 0.65 * paint.pulse));
    painter.drawEllipse(QPointF(rect.left() + 5, rect.center().y() + 0.5), 4, 4);
    painter.setFont(theme::current().fonts.small);
    painter.setPen(colors().textMuted);
    const bool reading = live && live->prefilling;
    const QString text = reading ? StatisticsText().prefill(*live) : MessageItem::tr("Waiting for the first token…");
    drawElided(painter, rect.adjusted(20, 0, 0, 0), text);
    if (!reading || live->promptTotal <= 0)
        return;
    const int textWidth = QFontMetrics(painter.font()).horizontalAdvance(text);
    const QRectF track(rect.left() + 20 + textWidth + 12, rect.center().y() - 1, 120, 4);
    if (track.right() > rect.right())
        return;
    const double part = std::clamp(static_cast<double>(live->promptDone) / live->promptTotal, 0.0, 1.0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().border);
    painter.drawRoundedRect(track, 2, 2);
    painter.setBrush(colors().accent);
    painter.drawRoundedRect(QRectF(track.topLeft(), QSizeF(std::max(4.0, track.width() * part), 4)), 2, 2);
}

void paintThinkingHeader(QPainter &painter, const MessagePaint &paint)
{
    MessageItem &item = paint.item;
    const QRect rect = item.geometry().thinkingHeader.translated(paint.origin);
    const ThinkingBox &thinking = item.thinking();
    const bool hot = paint.hot && paint.hot->kind == ControlKind::ThinkingToggle;
    const QColor color = hot ? colors().textPrimary : colors().thinkingText;
    drawGlyph(painter, thinking.isOpen() ? Glyph::ChevronDown : Glyph::ChevronRight,
              QRectF(rect.left(), rect.center().y() - 6.5, 14, 14), color);
    QFont font = theme::current().fonts.small;
    font.setWeight(QFont::Medium);
    painter.setFont(font);
    painter.setPen(thinking.isActive() ? faded(colors().accent, 0.7 + 0.3 * paint.pulse) : color);
    const QString title = thinking.title();
    const QRect text = rect.adjusted(MessageMetrics::thinkingIndent, 0, 0, 0);
    drawElided(painter, text, title);
    const int used = QFontMetrics(font).horizontalAdvance(title) + 16;
    if (thinking.isOpen() || text.width() - used < 80)
        return;
    painter.setFont(theme::current().fonts.small);
    painter.setPen(colors().textMuted);
    drawElided(painter, text.adjusted(used, 0, 0, 0), item.thinkingPreview());
}

/// Where the text goes on beyond an edge of the box, it fades out.
void paintFade(QPainter &painter, const QRect &body, bool above, bool below)
{
    const int height = std::min(24, body.height() / 3);
    const QColor solid = colors().window;
    const auto fade = [&](const QRect &rect, bool up) {
        QLinearGradient gradient(rect.topLeft(), rect.bottomLeft());
        gradient.setColorAt(up ? 0 : 1, solid);
        gradient.setColorAt(up ? 1 : 0, faded(solid, 0));
        painter.fillRect(rect, gradient);
    };
    if (above)
        fade(QRect(body.left(), body.top(), body.width(), height), true);
    if (below)
        fade(QRect(body.left(), body.bottom() + 1 - height, body.width(), height), false);
}

void paintThinkingBody(QPainter &painter, const MessagePaint &paint)
{
    MessageItem &item = paint.item;
    const MessageGeometry &g = item.geometry();
    if (g.thinkingBody.isEmpty())
        return;
    const QRect body = g.thinkingBody.translated(paint.origin);
    const ThinkingBox &thinking = item.thinking();
    painter.save();
    painter.setClipRect(body, Qt::IntersectClip);
    paintBlocks(painter, paint, MessagePart::Thinking);
    const QRect text = body.adjusted(MessageMetrics::thinkingIndent - 4, 0, 0, 0);
    paintFade(painter, text, thinking.scroll() > 0, thinking.scroll() < thinking.maximum());
    painter.restore();
    painter.fillRect(QRect(body.left() + 6, body.top(), 2, body.height()), colors().thinkingRule);
    if (thinking.maximum() > 0) {
        const double all = thinking.maximum() + body.height();
        const double length = std::max(24.0, body.height() * body.height() / all);
        const double at = (body.height() - length) * thinking.scroll() / thinking.maximum();
        painter.setPen(Qt::NoPen);
        painter.setBrush(faded(colors().textMuted, 0.5));
        painter.drawRoundedRect(QRectF(body.right() - 4, body.top() + at, 4, length), 2, 2);
    }
    if (g.thinkingCollapse.height() < MessageMetrics::thinkingCollapseHeight)
        return;
    const QRect edge = g.thinkingCollapse.translated(paint.origin);
    const bool hot = paint.hot && paint.hot->kind == ControlKind::ThinkingCollapse;
    painter.setFont(theme::current().fonts.small);
    const QColor color = hot ? colors().textPrimary : colors().textMuted;
    drawGlyph(painter, Glyph::ChevronUp, QRectF(edge.left(), edge.center().y() - 6.5, 14, 14), color);
    painter.setPen(color);
    drawElided(painter, edge.adjusted(MessageMetrics::thinkingIndent, 0, 0, 0), MessageItem::tr("Hide thinking"));
}

void paintBubble(QPainter &painter, const MessagePaint &paint)
{
    const QRect bubble = paint.item.geometry().bubble;
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().userBubble);
    painter.drawRoundedRect(bubble.translated(paint.origin), theme::current().radius.bubble,
                            theme::current().radius.bubble);
}

void paintCaption(QPainter &painter, const MessagePaint &paint)
{
    MessageItem &item = paint.item;
    const QRect rect = item.geometry().caption.translated(paint.origin);
    const bool failed = item.message().state == storage::MessageState::Failed || item.message().damaged;
    const QColor color = failed ? colors().danger : colors().textMuted;
    painter.setFont(theme::current().fonts.small);
    const int line = QFontMetrics(painter.font()).height();
    const int width = MessageMetrics::captionTextWidth(rect.width(), item.continueWidth());
    const QRect box(rect.left() + MessageMetrics::noticeIndent, rect.top(), width, rect.height());
    QRect used;
    painter.setPen(color);
    painter.drawText(box, Qt::AlignVCenter | Qt::TextWordWrap, item.caption(), &used);
    drawGlyph(painter, Glyph::Notice, QRectF(rect.left(), used.top() + (line - 14) / 2.0, 14, 14), color);
}

Glyph glyphOf(ControlKind kind)
{
    switch (kind) {
    case ControlKind::BranchPrevious:
        return Glyph::ChevronLeft;
    case ControlKind::BranchNext:
        return Glyph::ChevronRight;
    case ControlKind::Edit:
        return Glyph::Edit;
    case ControlKind::ShowPrompt:
        return Glyph::Prompt;
    case ControlKind::Regenerate:
        return Glyph::Regenerate;
    default:
        return Glyph::Copy;
    }
}

void paintButton(QPainter &painter, const MessagePaint &paint, const ControlBox &box)
{
    const QRect rect = box.rect.translated(paint.origin);
    const bool hot = paint.hot == box.control && box.enabled;
    const bool done = paint.copied == box.control;
    if (hot) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors().hover);
        painter.drawRoundedRect(rect, 6, 6);
    }
    QColor color = done ? colors().success : hot ? colors().textPrimary : colors().textMuted;
    if (!box.enabled)
        color = faded(color, 0.4);
    drawGlyph(painter, done ? Glyph::Done : glyphOf(box.control.kind), QRectF(rect.adjusted(6, 6, -6, -6)), color);
}

void paintContinue(QPainter &painter, const MessagePaint &paint, const ControlBox &box)
{
    const QRectF rect = QRectF(box.rect.translated(paint.origin)).adjusted(0.5, 0.5, -0.5, -0.5);
    const bool hot = paint.hot == box.control && box.enabled;
    painter.setPen(QPen(colors().border, 1));
    painter.setBrush(hot ? QBrush(colors().hover) : QBrush(Qt::NoBrush));
    const QRectF pill(rect.left(), rect.center().y() - 13, rect.width(), 26);
    painter.drawRoundedRect(pill, 13, 13);
    const QColor color = box.enabled ? colors().accent : faded(colors().textMuted, 0.5);
    drawGlyph(painter, Glyph::Continue, QRectF(pill.left() + 10, pill.center().y() - 6, 12, 12), color);
    painter.setPen(color);
    painter.setFont(theme::current().fonts.small);
    painter.drawText(pill.adjusted(26, 0, -8, 0), Qt::AlignVCenter | Qt::TextSingleLine, box.name);
}

void paintFooter(QPainter &painter, const MessagePaint &paint)
{
    MessageItem &item = paint.item;
    const QRect footer = item.geometry().footer.translated(paint.origin);
    painter.setFont(theme::current().fonts.small);
    int right = footer.right();
    if (paint.active) {
        const MessageControls controls(item, paint.allowed);
        const auto boxes = controls.row();
        for (const ControlBox &box : boxes)
            paintButton(painter, paint, box);
        right = boxes.front().rect.left() + paint.origin.x() - 12;
        painter.setPen(colors().textMuted);
        painter.drawText(controls.branchLabel().translated(paint.origin), Qt::AlignCenter, controls.branchText());
    }
    QString line;
    if (item.message().statistics && !item.isStreaming())
        line = StatisticsText().summary(*item.message().statistics);
    else if (item.live())
        line = StatisticsText().live(*item.live());
    painter.setPen(colors().textMuted);
    drawElided(painter, QRect(footer.left(), footer.top(), right - footer.left(), footer.height()), line);
}

void paintFocus(QPainter &painter, const MessagePaint &paint)
{
    const auto box = MessageControls(paint.item, paint.allowed).find(*paint.focused);
    if (!box)
        return;
    const bool wide =
        box->control.kind == ControlKind::ThinkingToggle || box->control.kind == ControlKind::ThinkingCollapse;
    painter.setPen(QPen(colors().focusRing, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(box->rect.translated(paint.origin)).adjusted(wide ? -3 : 1, 1, -1, -1), 6, 6);
}

} // namespace

void paintMessage(QPainter &painter, const MessagePaint &paint)
{
    painter.setRenderHint(QPainter::Antialiasing);
    const MessageGeometry &g = paint.item.geometry();
    if (!g.header.isEmpty())
        paintHeader(painter, paint);
    if (!g.status.isEmpty())
        paintStatus(painter, paint);
    if (!g.thinkingHeader.isEmpty()) {
        paintThinkingHeader(painter, paint);
        paintThinkingBody(painter, paint);
    }
    if (!g.bubble.isEmpty() && !g.answer.isEmpty())
        paintBubble(painter, paint);
    if (!g.answer.isEmpty())
        paintBlocks(painter, paint, MessagePart::Answer);
    if (!g.caption.isEmpty())
        paintCaption(painter, paint);
    if (const auto button = MessageControls(paint.item, paint.allowed).continueButton())
        paintContinue(painter, paint, *button);
    paintFooter(painter, paint);
    if (paint.focused)
        paintFocus(painter, paint);
}

} // namespace ui
