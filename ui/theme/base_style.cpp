#include "ui/theme/base_style.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMenuBar>

namespace ui::theme {

BaseStyle::BaseStyle() : QProxyStyle(QStringLiteral("Fusion"))
{
    qApp->installEventFilter(this);
}

int BaseStyle::styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                         QStyleHintReturn *returnData) const
{
    if (hint == SH_UnderlineShortcut)
        return m_underline ? 1 : 0;
    return QProxyStyle::styleHint(hint, option, widget, returnData);
}

bool BaseStyle::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Alt)
        underline(true);
    else if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::ApplicationDeactivate)
        underline(false);
    return QProxyStyle::eventFilter(watched, event);
}

void BaseStyle::underline(bool on)
{
    if (on == m_underline)
        return;
    m_underline = on;
    const QWidgetList widgets = QApplication::allWidgets();
    for (QWidget *widget : widgets) {
        if (qobject_cast<QMenuBar *>(widget))
            widget->update();
    }
}

} // namespace ui::theme
