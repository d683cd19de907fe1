#include "ui/transcript/jump_button.h"

#include "ui/theme/theme.h"
#include "ui/transcript/glyphs.h"

#include <QPainter>

namespace ui {

JumpButton::JumpButton(QWidget *parent) : QAbstractButton(parent)
{
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
    setAttribute(Qt::WA_Hover);
    setFixedSize(sizeHint());
    retranslate();
    hide();
}

void JumpButton::retranslate()
{
    setToolTip(tr("Jump to newest"));
    setAccessibleName(tr("Jump to newest"));
}

void JumpButton::setNews(bool news)
{
    if (m_news == news)
        return;
    m_news = news;
    update();
}

void JumpButton::paintEvent(QPaintEvent *)
{
    const theme::Colors &colors = theme::current().colors;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF circle = QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5);
    painter.setPen(QPen(hasFocus() ? colors.focusRing : colors.border, hasFocus() ? 2 : 1));
    painter.setBrush(isDown() ? colors.pressed : underMouse() ? colors.hover : colors.surfaceRaised);
    painter.drawEllipse(circle);
    drawGlyph(painter, Glyph::ArrowDown, circle.adjusted(9, 9, -9, -9), m_news ? colors.accent : colors.textSecondary);
}

} // namespace ui
