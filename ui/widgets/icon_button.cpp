#include "ui/widgets/icon_button.h"

#include "ui/theme/theme.h"

#include <QEvent>

namespace ui {

IconButton::IconButton(const QString &icon, QWidget *parent, theme::Tint tint) : QToolButton(parent)
{
    setIcon(theme::icon(icon, tint));
    setProperty("kind", QStringLiteral("icon"));
    setFocusPolicy(Qt::TabFocus);
    updateSize();
}

void IconButton::setName(const QString &name, const QKeySequence &keys)
{
    setAccessibleName(name);
    setToolTip(keys.isEmpty() ? name : QStringLiteral("%1  %2").arg(name, keys.toString(QKeySequence::NativeText)));
}

void IconButton::updateSize()
{
    const int side = theme::current().fonts.body.pixelSize() + 4;
    setIconSize(QSize(side, side));
}

void IconButton::changeEvent(QEvent *event)
{
    QToolButton::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateSize();
}

} // namespace ui
