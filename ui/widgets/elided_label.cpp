#include "ui/widgets/elided_label.h"

#include "ui/theme/theme.h"
#include "ui/widgets/visible_text.h"

#include <QEvent>
#include <QFontMetrics>
#include <QPainter>
#include <algorithm>

namespace ui {

ElidedLabel::ElidedLabel(Role role, QWidget *parent) : QWidget(parent), m_role(role)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ElidedLabel::setText(const QString &text)
{
    const QString shown = visibleText(text);
    if (shown == m_text)
        return;
    m_text = shown;
    setAccessibleName(shown);
    updateToolTip();
    updateGeometry();
    update();
}

QFont ElidedLabel::roleFont() const
{
    const auto &fonts = theme::current().fonts;
    switch (m_role) {
    case Role::Strong:
        return fonts.strong;
    case Role::Small:
        return fonts.small;
    case Role::Heading:
        return fonts.heading;
    case Role::Body:
        break;
    }
    return fonts.body;
}

QSize ElidedLabel::sizeHint() const
{
    const QFontMetrics metrics(roleFont());
    return {metrics.horizontalAdvance(m_text) + 2, metrics.height() + 2};
}

QSize ElidedLabel::minimumSizeHint() const
{
    const QFontMetrics metrics(roleFont());
    return {std::min(sizeHint().width(), metrics.horizontalAdvance(QLatin1Char('M')) * 4), metrics.height() + 2};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const auto &colors = theme::current().colors;
    painter.setFont(roleFont());
    painter.setPen(m_role == Role::Small ? colors.textMuted : colors.textPrimary);
    const QString shown = QFontMetrics(roleFont()).elidedText(m_text, Qt::ElideRight, width());
    painter.drawText(rect(), static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), shown);
}

void ElidedLabel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    updateToolTip();
}

void ElidedLabel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateGeometry();
}

void ElidedLabel::updateToolTip()
{
    // Tool tips guess the format; escaped, a name with tags stays the literal name.
    const bool cut = width() < sizeHint().width();
    setToolTip(cut ? QStringLiteral("<span>%1</span>").arg(m_text.toHtmlEscaped()) : QString());
}

} // namespace ui
