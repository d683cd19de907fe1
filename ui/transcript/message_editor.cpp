#include "ui/transcript/message_editor.h"

#include "ui/theme/theme.h"
#include "ui/transcript/text_style.h"

#include <QHBoxLayout>
#include <QInputMethodEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBlock>
#include <QVBoxLayout>
#include <algorithm>

namespace ui {

MessageEditor::MessageEditor(const QString &text, QWidget *parent)
    : QFrame(parent), m_edit(new QPlainTextEdit(this)), m_cancel(new QPushButton(this)), m_save(new QPushButton(this))
{
    m_edit->setObjectName(QStringLiteral("messageEdit"));
    m_edit->setFrameShape(QFrame::NoFrame);
    m_edit->setFont(theme::current().fonts.reading);
    m_edit->setTabChangesFocus(true);
    m_edit->setPlainText(text);
    m_edit->moveCursor(QTextCursor::End);
    m_edit->viewport()->setAutoFillBackground(false);
    m_edit->setStyleSheet(QStringLiteral("QPlainTextEdit { background: transparent; border: none; padding: 0; }"));
    m_edit->installEventFilter(this);
    setFocusProxy(m_edit);

    m_save->setObjectName(QStringLiteral("saveEdit"));
    m_save->setProperty("kind", QStringLiteral("primary"));
    m_cancel->setObjectName(QStringLiteral("cancelEdit"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(theme::current().space.s);
    buttons->addStretch();
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_save);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(12, 8, 12, 12);
    column->setSpacing(theme::current().space.s);
    column->addWidget(m_edit, 1);
    column->addLayout(buttons);

    connect(m_save, &QPushButton::clicked, this, &MessageEditor::save);
    connect(m_cancel, &QPushButton::clicked, this, &MessageEditor::cancelled);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        updateSave();
        emit heightChanged();
    });
    retranslate();
}

int MessageEditor::preferredHeight() const
{
    int lines = 0;
    for (QTextBlock block = m_edit->document()->begin(); block.isValid(); block = block.next())
        lines += std::max(block.layout()->lineCount(), 1);
    const int line = m_edit->fontMetrics().lineSpacing();
    const int text = std::clamp(lines, 2, 14) * line + 2 * static_cast<int>(m_edit->document()->documentMargin());
    return text + m_save->sizeHint().height() + 8 + 8 + 12;
}

void MessageEditor::setSavingAllowed(bool allowed)
{
    m_savingAllowed = allowed;
    updateSave();
}

void MessageEditor::updateSave()
{
    m_save->setEnabled(m_savingAllowed && !m_edit->toPlainText().trimmed().isEmpty());
    m_save->setToolTip(m_savingAllowed ? QString() : tr("The text can be sent when no reply is being written"));
}

void MessageEditor::retranslate()
{
    m_edit->setAccessibleName(tr("Edit message"));
    m_cancel->setText(tr("Cancel"));
    m_save->setText(tr("Save and send"));
    updateSave();
}

void MessageEditor::save()
{
    const QString text = m_edit->toPlainText().trimmed();
    if (m_savingAllowed && !text.isEmpty())
        emit saved(text);
}

bool MessageEditor::event(QEvent *event)
{
    // Wherever the focus is in here, Esc and Enter belong to the editor and not to the commands of the window.
    if (event->type() == QEvent::ShortcutOverride) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key == Qt::Key_Escape || key == Qt::Key_Return || key == Qt::Key_Enter) {
            event->accept();
            return true;
        }
    }
    return QFrame::event(event);
}

void MessageEditor::keyPressEvent(QKeyEvent *event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (event->key() == Qt::Key_Escape)
        emit cancelled();
    else if (enter && event->modifiers().testFlag(Qt::ControlModifier))
        save();
    else
        QFrame::keyPressEvent(event);
}

void MessageEditor::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

bool MessageEditor::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::InputMethod)
        m_composing = !static_cast<QInputMethodEvent *>(event)->preeditString().isEmpty();
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    const auto *key = static_cast<QKeyEvent *>(event);
    if (key->key() == Qt::Key_Escape) {
        if (!m_composing)
            emit cancelled();
        return true;
    }
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (!enter || (key->modifiers() & Qt::ShiftModifier) != 0)
        return QFrame::eventFilter(watched, event);
    if (!m_composing)
        save();
    return true;
}

void MessageEditor::paintEvent(QPaintEvent *)
{
    const theme::Tokens &tokens = theme::current();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(tokens.colors.focusRing, 1.5));
    painter.setBrush(tokens.colors.surfaceRaised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), tokens.radius.large, tokens.radius.large);
}

} // namespace ui
