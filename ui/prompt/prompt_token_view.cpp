#include "ui/prompt/prompt_token_view.h"

#include "ui/prompt/prompt_look.h"
#include "ui/theme/theme.h"

#include <QAccessible>
#include <QFontMetrics>
#include <QHash>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>

namespace ui {

namespace {

constexpr int margin = 24;
constexpr int gap = 4;
constexpr int paddingX = 6;
constexpr int paddingY = 3;
constexpr int longestLabel = 48; // characters
constexpr int cachedLine = 3;

QFont idFont()
{
    QFont font = theme::current().fonts.mono;
    font.setPixelSize(theme::current().fonts.small.pixelSize() - 1);
    return font;
}

} // namespace

PromptTokenView::PromptTokenView(QWidget *parent)
    : QAbstractScrollArea(parent), m_prompt(std::make_shared<PromptText>())
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
}

void PromptTokenView::setPrompt(std::shared_ptr<const PromptText> prompt)
{
    m_prompt = std::move(prompt);
    m_hovered = -1;
    m_chosen = std::clamp(m_chosen, 0, std::max(m_prompt->pieceCount() - 1, 0));
    m_widths.clear();
    arrange();
}

void PromptTokenView::choose(int piece)
{
    if (piece < 0 || piece >= m_prompt->pieceCount())
        return;
    m_chosen = piece;
    reveal();
    viewport()->update();
    emit pieceChosen(piece);
    QAccessibleEvent described(this, QAccessible::DescriptionChanged);
    setAccessibleDescription(m_describe ? m_describe(piece) : QString());
    QAccessible::updateAccessibility(&described);
}

QString PromptTokenView::label(int piece) const
{
    QString text = PromptLook::visibleSpaces(m_prompt->pieceText(piece));
    if (text.size() > longestLabel)
        text = text.left(longestLabel) + QChar(0x2026);
    return text;
}

QString PromptTokenView::ids(int piece) const
{
    QString text;
    for (int i = 0; i < m_prompt->pieceTokens(piece); ++i)
        text += (i > 0 ? QStringLiteral(" ") : QString()) +
                QString::number(m_prompt->tokenId(m_prompt->piece(piece).firstToken + i));
    return text;
}

int PromptTokenView::measure(int piece) const
{
    const int text = QFontMetrics(theme::current().fonts.mono).horizontalAdvance(label(piece));
    const int id = QFontMetrics(idFont()).horizontalAdvance(ids(piece));
    return std::max(text, id) + 2 * paddingX;
}

void PromptTokenView::arrange()
{
    if (m_widths.empty()) {
        QHash<QString, int> known; // the same token again and again
        m_widths.reserve(static_cast<std::size_t>(m_prompt->pieceCount()));
        for (int i = 0; i < m_prompt->pieceCount(); ++i) {
            const QString key = m_prompt->pieceText(i).toString() + QChar(m_prompt->pieceTokens(i));
            auto at = known.constFind(key);
            if (at == known.constEnd())
                at = known.insert(key, measure(i));
            m_widths.push_back(*at);
        }
    }
    m_rows.clear();
    int x = 0;
    for (int i = 0; i < m_prompt->pieceCount(); ++i) {
        const int width = m_widths[static_cast<std::size_t>(i)];
        const bool broken = i > 0 && m_prompt->pieceText(i - 1).endsWith(QLatin1Char('\n'));
        if (i == 0 || broken || x + width > room()) {
            m_rows.push_back(i);
            x = 0;
        }
        x += width + gap;
    }
    const int height = static_cast<int>(m_rows.size()) * rowHeight() + 2 * margin;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(rowHeight());
    verticalScrollBar()->setRange(0, std::max(height - viewport()->height(), 0));
    viewport()->update();
}

/// Beside the scroll bar, whether it is there or not: else the rows would have to be made twice.
int PromptTokenView::room() const
{
    return std::max(width() - verticalScrollBar()->sizeHint().width() - 2 * margin, 1);
}

int PromptTokenView::chipHeight() const
{
    return QFontMetrics(theme::current().fonts.mono).height() + QFontMetrics(idFont()).height() + 2 * paddingY +
           cachedLine;
}

int PromptTokenView::rowHeight() const
{
    return chipHeight() + gap + 2;
}

int PromptTokenView::rowOf(int piece) const
{
    return static_cast<int>(std::upper_bound(m_rows.begin(), m_rows.end(), piece) - m_rows.begin()) - 1;
}

int PromptTokenView::rowEnd(int row) const
{
    const auto next = static_cast<std::size_t>(row) + 1;
    return next < m_rows.size() ? m_rows[next] : m_prompt->pieceCount();
}

QRect PromptTokenView::rectOf(int piece) const
{
    const int row = rowOf(piece);
    if (row < 0)
        return {};
    int x = margin;
    for (int i = m_rows[static_cast<std::size_t>(row)]; i < piece; ++i)
        x += m_widths[static_cast<std::size_t>(i)] + gap;
    const int width = std::min(m_widths[static_cast<std::size_t>(piece)], room());
    return {x, margin + row * rowHeight() - verticalScrollBar()->value(), width, chipHeight()};
}

int PromptTokenView::pieceAtPoint(QPoint point) const
{
    const int row = (point.y() + verticalScrollBar()->value() - margin) / rowHeight();
    if (row < 0 || row >= static_cast<int>(m_rows.size()))
        return -1;
    for (int i = m_rows[static_cast<std::size_t>(row)]; i < rowEnd(row); ++i) {
        if (rectOf(i).contains(point))
            return i;
    }
    return -1;
}

void PromptTokenView::paintChip(QPainter &painter, int piece, const QRect &rect) const
{
    const theme::Tokens &tokens = theme::current();
    const int run = m_prompt->runAt(m_prompt->piece(piece).start);
    const engine::PromptSource source = m_prompt->runs()[static_cast<std::size_t>(run)].source;
    painter.setPen(Qt::NoPen);
    painter.setBrush(piece == m_hovered ? tokens.colors.selection : PromptLook::tint(source, piece % 2 != 0));
    painter.drawRoundedRect(rect, tokens.radius.small, tokens.radius.small);
    const QFontMetrics metrics(tokens.fonts.mono);
    const int left = rect.left() + paddingX;
    painter.setFont(tokens.fonts.mono);
    painter.setPen(PromptLook::text(source));
    painter.drawText(left, rect.top() + paddingY + metrics.ascent(), label(piece));
    painter.setFont(idFont());
    painter.setPen(tokens.colors.textMuted);
    painter.drawText(left, rect.top() + paddingY + metrics.height() + QFontMetrics(idFont()).ascent(), ids(piece));
    const bool cached = m_prompt->piece(piece).firstToken < m_prompt->cachedTokens();
    if (cached)
        painter.fillRect(QRect(rect.left() + 4, rect.bottom() - 2, rect.width() - 8, 2), tokens.colors.accent);
    if (piece != m_chosen || !hasFocus())
        return;
    painter.setPen(QPen(tokens.colors.focusRing, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), tokens.radius.small, tokens.radius.small);
}

void PromptTokenView::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    const int scroll = verticalScrollBar()->value();
    const int first = std::max((event->rect().top() + scroll - margin) / rowHeight(), 0);
    for (int row = first; row < static_cast<int>(m_rows.size()); ++row) {
        const int begin = m_rows[static_cast<std::size_t>(row)];
        QRect rect = rectOf(begin);
        if (rect.top() > event->rect().bottom())
            break;
        for (int i = begin; i < rowEnd(row); ++i) {
            rect.setWidth(std::min(m_widths[static_cast<std::size_t>(i)], room()));
            paintChip(painter, i, rect);
            rect.moveLeft(rect.right() + 1 + gap);
        }
    }
}

void PromptTokenView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    arrange();
}

void PromptTokenView::scrollContentsBy(int, int)
{
    viewport()->update();
}

bool PromptTokenView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::Leave && m_hovered >= 0) {
        m_hovered = -1;
        viewport()->update();
        emit pieceHovered(-1);
    }
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const int piece = pieceAtPoint(help->pos());
        const QString text = piece >= 0 && m_describe ? m_describe(piece) : QString();
        QToolTip::showText(help->globalPos(), PromptLook::toolTip(text), viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void PromptTokenView::mouseMoveEvent(QMouseEvent *event)
{
    const int piece = pieceAtPoint(event->position().toPoint());
    if (piece == std::exchange(m_hovered, piece))
        return;
    viewport()->update();
    emit pieceHovered(piece);
}

void PromptTokenView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        choose(pieceAtPoint(event->position().toPoint()));
}

/// The piece nearest to the chosen one, so many rows further.
int PromptTokenView::stepRow(int rows) const
{
    const int row = std::clamp(rowOf(m_chosen) + rows, 0, static_cast<int>(m_rows.size()) - 1);
    const int x = rectOf(m_chosen).center().x();
    int best = m_rows[static_cast<std::size_t>(row)];
    for (int i = best; i < rowEnd(row) && rectOf(i).left() <= x; ++i)
        best = i;
    return best;
}

void PromptTokenView::keyPressEvent(QKeyEvent *event)
{
    const int last = m_prompt->pieceCount() - 1;
    const int page = std::max(viewport()->height() / rowHeight() - 1, 1);
    if (last < 0)
        return QAbstractScrollArea::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
        return choose(std::max(m_chosen - 1, 0));
    case Qt::Key_Right:
        return choose(std::min(m_chosen + 1, last));
    case Qt::Key_Up:
        return choose(stepRow(-1));
    case Qt::Key_Down:
        return choose(stepRow(1));
    case Qt::Key_PageUp:
        return choose(stepRow(-page));
    case Qt::Key_PageDown:
        return choose(stepRow(page));
    case Qt::Key_Home:
        return choose(0);
    case Qt::Key_End:
        return choose(last);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void PromptTokenView::reveal()
{
    const QRect rect = rectOf(m_chosen);
    QScrollBar *bar = verticalScrollBar();
    if (rect.top() < 0)
        bar->setValue(bar->value() + rect.top() - margin);
    else if (rect.bottom() >= viewport()->height())
        bar->setValue(bar->value() + rect.bottom() - viewport()->height() + margin);
}

void PromptTokenView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (!m_prompt || (event->type() != QEvent::FontChange && event->type() != QEvent::StyleChange))
        return;
    m_widths.clear();
    arrange();
}

} // namespace ui
