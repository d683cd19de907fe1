#include "ui/window/notice_bar.h"

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accessible_events.h"
#include "ui/widgets/growing_edit.h"
#include "ui/widgets/icon_button.h"

#include <QEvent>
#include <QHBoxLayout>
#include <memory>

namespace ui {

namespace {

constexpr int mostLines = 6;
constexpr int iconSide = 20;

} // namespace

NoticeBar::NoticeBar(Closing closing, QWidget *parent) : QFrame(parent)
{
    const auto &space = theme::current().space;
    setProperty("kind", QStringLiteral("notice"));
    m_icon = new QLabel(this);
    // A field, not a label: paths wrap anywhere, the text can be selected and copied, and nothing is taken for markup.
    m_text = new GrowingEdit(1, mostLines, this);
    m_text->setReadOnly(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setTabChangesFocus(true);
    m_text->setProperty("kind", QStringLiteral("bare"));
    m_action = new QPushButton(this);
    m_close = new IconButton(QStringLiteral("close"), this);
    m_close->setVisible(closing == Closing::ByUser);

    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(space.m, space.s, space.s, space.s);
    row->setSpacing(space.m);
    row->addWidget(m_icon, 0, Qt::AlignVCenter);
    m_others = new QHBoxLayout;
    m_others->setSpacing(space.s);
    m_buttons = new QHBoxLayout;
    m_buttons->setSpacing(space.s);
    m_buttons->addWidget(m_action);
    m_buttons->addLayout(m_others);
    m_body = new QHBoxLayout;
    m_body->setSpacing(space.s);
    m_body->addWidget(m_text, 1);
    m_body->addLayout(m_buttons);
    m_body->setAlignment(m_text, Qt::AlignVCenter);
    row->addLayout(m_body, 1);
    row->addWidget(m_close, 0, Qt::AlignTop);
    connect(m_action, &QPushButton::clicked, this, &NoticeBar::actionTaken);
    connect(m_close, &QToolButton::clicked, this, &QWidget::hide);
    retranslate();
    hide();
}

void NoticeBar::show(const QString &text, const QString &action)
{
    const bool news = !text.isEmpty() && text != this->text();
    offer({});
    fill(text, action);
    setVisible(!text.isEmpty());
    m_text->adjustHeight();
    if (!news)
        return;
    QAccessibleEvent alert(this, QAccessible::Alert);
    tellListener(alert);
}

void NoticeBar::offer(const QStringList &actions)
{
    while (m_others->count() > actions.size())
        delete std::unique_ptr<QLayoutItem>(m_others->takeAt(m_others->count() - 1))->widget();
    while (m_others->count() < actions.size()) {
        auto *button = new QPushButton(this);
        connect(button, &QPushButton::clicked, this,
                [this, which = m_others->count()] { emit otherActionTaken(which); });
        m_others->addWidget(button);
        button->show(); // else only when events are next handled
    }
    for (int i = 0; i < m_others->count(); ++i)
        qobject_cast<QPushButton *>(m_others->itemAt(i)->widget())->setText(actions[i]);
    arrange();
}

void NoticeBar::translate(const QString &text, const QString &action)
{
    if (!isHidden())
        fill(text, action);
}

void NoticeBar::fill(const QString &text, const QString &action)
{
    setAccessibleName(text);
    m_text->setPlainText(text);
    m_action->setText(action);
    m_action->setVisible(!action.isEmpty());
}

void NoticeBar::arrange()
{
    constexpr int leastShare = 2; // of the width is the text's
    const bool below = m_buttons->sizeHint().width() > width() / leastShare;
    m_body->setDirection(below ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_body->setAlignment(m_buttons, below ? Qt::AlignLeft : Qt::AlignVCenter);
}

void NoticeBar::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    arrange();
}

QString NoticeBar::text() const
{
    return isHidden() ? QString() : m_text->toPlainText();
}

void NoticeBar::retranslate()
{
    m_icon->setPixmap(theme::icon(QStringLiteral("warning"), theme::Tint::Warning).pixmap(QSize(iconSide, iconSide)));
    m_text->setAccessibleName(tr("Notice"));
    m_close->setName(tr("Close the notice"));
}

void NoticeBar::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::LanguageChange || event->type() == QEvent::PaletteChange)
        retranslate();
}

} // namespace ui
