#include "ui/window/toast.h"

#include "ui/theme/theme.h"
#include "ui/widgets/accessible_events.h"
#include "ui/widgets/elided_label.h"

#include <QEvent>
#include <QHBoxLayout>
#include <algorithm>

namespace ui {

Toast::Toast(QWidget *page, QWidget *below) : QFrame(page), m_below(below)
{
    const auto &space = theme::current().space;
    setProperty("kind", QStringLiteral("toast"));
    m_label = new ElidedLabel(ElidedLabel::Role::Body, this);
    m_button = new QPushButton(this);
    m_button->setProperty("kind", QStringLiteral("link"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(space.l, space.s, space.s, space.s);
    row->setSpacing(space.s);
    row->addWidget(m_label, 1);
    row->addWidget(m_button);
    m_timer.setSingleShot(true);
    m_timer.setInterval(milliseconds);
    connect(&m_timer, &QTimer::timeout, this, &QWidget::hide);
    connect(m_button, &QPushButton::clicked, this, [this] {
        hide();
        emit actionTaken(); // may offer again
    });
    page->installEventFilter(this);
    below->installEventFilter(this);
    hide();
}

void Toast::offer(const QString &text, const QString &action)
{
    setTexts(text, action);
    m_timer.start();
    show();
    raise();
    place();
    QAccessibleEvent alert(this, QAccessible::Alert);
    tellListener(alert);
}

void Toast::setTexts(const QString &text, const QString &action)
{
    setAccessibleName(text);
    m_label->setText(text);
    m_button->setText(action);
    m_button->setAccessibleDescription(text);
    if (!isHidden())
        place();
}

QString Toast::text() const
{
    return m_label->text();
}

void Toast::place()
{
    const auto &space = theme::current().space;
    const int room = parentWidget()->width();
    const int width = std::min(sizeHint().width(), room - 2 * space.xl);
    setGeometry((room - width) / 2, m_below->y() - sizeHint().height() - space.m, width, sizeHint().height());
}

bool Toast::eventFilter(QObject *watched, QEvent *event)
{
    const bool moved = event->type() == QEvent::Resize || event->type() == QEvent::Move;
    if (moved && !isHidden())
        place();
    return QFrame::eventFilter(watched, event);
}

} // namespace ui
