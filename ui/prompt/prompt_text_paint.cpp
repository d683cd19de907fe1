// PromptTextView: what is painted under and over the text, of the lines on screen only.

#include "ui/prompt/prompt_screen_line.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QCoreApplication>
#include <QPaintEvent>
#include <QPainter>
#include <QPainterPath>
#include <QTextBlock>
#include <algorithm>

namespace ui {

namespace {

constexpr double lineBreakWidth = 8.0; // of the mark for a line break behind its line
constexpr int cachedRail = 3;
constexpr int gutterPadding = 8;

QFont numberFont()
{
    QFont font = theme::current().fonts.mono;
    font.setPixelSize(theme::current().fonts.small.pixelSize() - 1);
    return font;
}

} // namespace

std::vector<PromptTextView::ScreenLine> PromptTextView::linesOnScreen() const
{
    std::vector<ScreenLine> lines;
    QTextBlock block = firstVisibleBlock();
    QPointF origin = contentOffset();
    const double bottom = viewport()->height();
    for (; block.isValid(); block = block.next()) {
        const QRectF box = blockBoundingGeometry(block).translated(contentOffset());
        if (box.top() > bottom)
            break;
        origin = box.topLeft();
        const QTextLayout *layout = block.layout();
        for (int i = 0; i < layout->lineCount(); ++i) {
            const QTextLine line = layout->lineAt(i);
            const double top = origin.y() + line.y();
            if (top + line.height() < 0 || top > bottom)
                continue;
            const bool last = i + 1 == layout->lineCount();
            const int from = block.position() + line.textStart();
            const int end = std::min(from + line.textLength() + (last ? 1 : 0), m_prompt->size());
            lines.push_back({line, origin, from, end, block.position(), last && end > from + line.textLength()});
        }
    }
    return lines;
}

QRectF PromptTextView::pieceRect(const ScreenLine &line, int piece) const
{
    const int from = std::max(m_prompt->piece(piece).start, line.from);
    const int end = std::min(m_prompt->pieceEnd(piece), line.to);
    const bool breaks = line.endsBlock && end == line.to;
    const double left = line.xOf(std::min(from, breaks ? line.to - 1 : line.to));
    const double right = line.xOf(breaks ? end - 1 : end) + (breaks ? lineBreakWidth : 0.0);
    return {std::min(left, right), line.top(), std::abs(right - left), line.height()};
}

void PromptTextView::paintTints(QPainter &painter, const ScreenLine &line) const
{
    const theme::Colors &colors = theme::current().colors;
    int piece = m_prompt->pieceAt(line.from);
    for (; piece >= 0 && piece < m_prompt->pieceCount() && m_prompt->piece(piece).start < line.to; ++piece) {
        const int run = m_prompt->runAt(std::max(m_prompt->piece(piece).start, line.from));
        const engine::PromptSource source = m_prompt->runs()[static_cast<std::size_t>(run)].source;
        const QRectF rect = pieceRect(line, piece);
        painter.fillRect(rect, PromptLook::tint(source, piece % 2 != 0));
        if (m_spaces && line.endsBlock && m_prompt->pieceEnd(piece) >= line.to) {
            painter.setPen(colors.textMuted);
            painter.drawText(QPointF(rect.right() - lineBreakWidth, line.top() + line.line.ascent()),
                             QString(QChar(0x21B5)));
        }
        if (piece == m_hovered)
            painter.fillRect(rect, colors.selection);
    }
}

/// Everything above and before the stair is in the cache already.
void PromptTextView::paintCacheEnd(QPainter &painter, const ScreenLine &line) const
{
    const int end = m_prompt->cachedEnd();
    const bool here = end > line.from && end <= line.to && end < m_prompt->size();
    if (m_prompt->cachedTokens() == 0 || !here)
        return;
    const theme::Tokens &tokens = theme::current();
    const bool whole = end == line.to && line.endsBlock;
    const double x = whole ? line.xOf(end - 1) + lineBreakWidth : line.xOf(end);
    const double top = std::round(line.top()) + 0.5;
    const double bottom = std::round(line.top() + line.height()) - 0.5;
    QPainterPath stair(QPointF(0, bottom));
    stair.lineTo(x, bottom);
    stair.lineTo(x, top);
    stair.lineTo(viewport()->width(), top);
    painter.setPen(QPen(tokens.colors.accent, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(stair);
    painter.setFont(tokens.fonts.small);
    const QFontMetricsF metrics(tokens.fonts.small);
    const double width = metrics.horizontalAdvance(cachedLabel()) + 2 * tokens.space.s;
    const double textRight = line.origin.x() + line.line.x() + line.line.naturalTextWidth() + lineBreakWidth;
    const QRectF label(viewport()->width() - width - tokens.space.m, top, width, line.height());
    if (label.left() < textRight + tokens.space.m)
        return;
    painter.setPen(tokens.colors.accent);
    painter.drawText(label, Qt::AlignCenter, cachedLabel());
}

QString PromptTextView::cachedLabel() const
{
    return tr("%1 tokens cached").arg(formatCount(m_prompt->cachedTokens()));
}

void PromptTextView::paintChosen(QPainter &painter, const ScreenLine &line) const
{
    const int piece = hasFocus() ? chosenPiece() : -1;
    if (piece < 0 || m_prompt->piece(piece).start >= line.to || m_prompt->pieceEnd(piece) <= line.from)
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme::current().colors.focusRing, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(pieceRect(line, piece).adjusted(0.5, 1, -0.5, -1), 2, 2);
}

void PromptTextView::paintEvent(QPaintEvent *event)
{
    const auto lines = linesOnScreen();
    {
        QPainter painter(viewport());
        for (const ScreenLine &line : lines)
            paintTints(painter, line);
    }
    QPlainTextEdit::paintEvent(event);
    QPainter painter(viewport());
    for (const ScreenLine &line : lines) {
        paintCacheEnd(painter, line);
        paintChosen(painter, line);
    }
}

void PromptTextView::placeGutter()
{
    const QFontMetrics metrics(numberFont());
    const QString widest(formatCount(std::max(m_prompt->tokenCount(), 1000)).size(), QLatin1Char('0'));
    const int width = metrics.horizontalAdvance(widest) + 2 * gutterPadding + cachedRail;
    setViewportMargins(width, 0, 0, 0);
    const QRect inside = contentsRect();
    m_gutter->setGeometry(inside.left(), inside.top(), width, inside.height());
    m_gutter->update();
}

void PromptTextView::paintGutter(QPainter &painter) const
{
    const theme::Colors &colors = theme::current().colors;
    const int width = m_gutter->width();
    painter.fillRect(m_gutter->rect(), colors.surface);
    painter.setFont(numberFont());
    const int cachedEnd = m_prompt->cachedEnd();
    int numbered = -1;
    for (const ScreenLine &line : linesOnScreen()) {
        const QRectF row(0, line.top(), width - cachedRail, line.height());
        if (line.from < cachedEnd)
            painter.fillRect(QRectF(width - cachedRail, line.top(), cachedRail, line.height()), colors.accent);
        const int piece = m_prompt->pieceAt(line.from);
        if (piece < 0 || piece == std::exchange(numbered, piece))
            continue;
        painter.setPen(colors.textMuted);
        painter.drawText(row.adjusted(0, 0, -gutterPadding, 0), Qt::AlignRight | Qt::AlignVCenter,
                         formatCount(m_prompt->piece(piece).firstToken));
    }
}

void PromptTextView::Gutter::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    m_view->paintGutter(painter);
}

void PromptTextView::Gutter::wheelEvent(QWheelEvent *event)
{
    QCoreApplication::sendEvent(m_view->viewport(), event);
}

} // namespace ui
