#include "ui/window/find_bar.h"

#include "ui/theme/icon.h"
#include "ui/theme/theme.h"
#include "ui/widgets/icon_button.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>

namespace ui {

FindBar::FindBar(QWidget *parent) : QFrame(parent)
{
    const auto &space = theme::current().space;
    setProperty("kind", QStringLiteral("findbar"));
    m_edit = new QLineEdit(this);
    m_edit->addAction(theme::icon(QStringLiteral("search"), theme::Tint::Muted), QLineEdit::LeadingPosition);
    m_edit->setProperty("kind", QStringLiteral("search"));
    m_edit->setMaximumWidth(360);
    m_status = new QLabel(this);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setProperty("kind", QStringLiteral("hint"));
    m_previous = new IconButton(QStringLiteral("up"), this);
    m_next = new IconButton(QStringLiteral("down"), this);
    m_close = new IconButton(QStringLiteral("close"), this);

    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(space.l, space.xs, space.s, space.xs);
    row->setSpacing(space.xs);
    row->addWidget(m_edit, 1);
    row->addWidget(m_previous);
    row->addWidget(m_next);
    row->addSpacing(space.s);
    row->addWidget(m_status);
    row->addStretch(1);
    row->addWidget(m_close);
    connect(m_previous, &QToolButton::clicked, this, [this] { step(true); });
    connect(m_next, &QToolButton::clicked, this, [this] { step(false); });
    connect(m_close, &QToolButton::clicked, this, &FindBar::close);
    connect(m_edit, &QLineEdit::textEdited, this, [this] { showFound(true); });
    retranslate();
    hide();
}

void FindBar::open(const QString &selected)
{
    if (!selected.isEmpty() && !selected.contains(QLatin1Char('\n')) && !selected.contains(QChar::ParagraphSeparator))
        m_edit->setText(selected);
    show();
    m_edit->setFocus(Qt::ShortcutFocusReason);
    m_edit->selectAll();
}

void FindBar::close()
{
    hide();
    emit closed();
}

void FindBar::step(bool backward)
{
    if (!m_edit->text().isEmpty())
        emit findRequested(m_edit->text(), backward);
}

void FindBar::showFound(bool found)
{
    m_found = found;
    m_status->setText(found ? QString() : tr("No further match"));
}

bool FindBar::event(QEvent *event)
{
    // Esc closes the bar; without this it would be the command that stops the reply.
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent *>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QFrame::event(event);
}

void FindBar::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return step(event->modifiers().testFlag(Qt::ShiftModifier));
    if (event->key() == Qt::Key_Escape)
        return close();
    QFrame::keyPressEvent(event);
}

void FindBar::retranslate()
{
    m_edit->setAccessibleName(tr("Find in this chat"));
    m_edit->setPlaceholderText(tr("Find in this chat"));
    m_previous->setName(tr("Previous match"), QKeySequence(Qt::SHIFT | Qt::Key_F3));
    m_next->setName(tr("Next match"), QKeySequence(Qt::Key_F3));
    m_close->setName(tr("Close the find bar"));
    showFound(m_found);
}

void FindBar::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

} // namespace ui
