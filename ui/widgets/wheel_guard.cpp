#include "ui/widgets/wheel_guard.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QScrollBar>

namespace ui {

namespace {

class WheelGuard : public QObject {
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        if (event->type() != QEvent::Wheel || static_cast<QWidget *>(watched)->hasFocus())
            return false;
        event->ignore(); // goes on to the page
        return true;
    }
};

bool turnsByWheel(const QWidget *widget)
{
    const bool slider =
        qobject_cast<const QAbstractSlider *>(widget) != nullptr && qobject_cast<const QScrollBar *>(widget) == nullptr;
    return slider || qobject_cast<const QAbstractSpinBox *>(widget) != nullptr ||
           qobject_cast<const QComboBox *>(widget) != nullptr;
}

} // namespace

void guardWheel(QWidget *page)
{
    auto *guard = new WheelGuard(page);
    for (QWidget *widget : page->findChildren<QWidget *>()) {
        if (!turnsByWheel(widget))
            continue;
        widget->setFocusPolicy(Qt::StrongFocus); // the wheel alone does not give it the focus
        widget->installEventFilter(guard);
    }
}

} // namespace ui
