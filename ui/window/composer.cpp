#include "ui/window/composer.h"

#include "ui/prompt/prompt_look.h"
#include "ui/theme/icon.h"
#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QInputMethodEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QStyle>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int mostLines = 8;
constexpr int buttonSide = 36;

void refreshStyle(QWidget *widget)
{
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

} // namespace

ComposerEdit::ComposerEdit(QWidget *parent) : GrowingEdit(1, mostLines, parent)
{
    setTabChangesFocus(true);
    setProperty("kind", QStringLiteral("reading"));
}

bool ComposerEdit::event(QEvent *event)
{
    // Text fields claim Emacs-like keys on X11 (Ctrl+E, Ctrl+K); here they belong to the menus.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const bool control = key->modifiers() == Qt::ControlModifier;
        if (control && (key->key() == Qt::Key_E || key->key() == Qt::Key_K)) {
            event->ignore();
            return true;
        }
    }
    return GrowingEdit::event(event);
}

void ComposerEdit::keyPressEvent(QKeyEvent *event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && m_composing)
        return; // some platforms deliver the key that accepts a candidate as well
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    if (enter && modifiers == Qt::NoModifier)
        return emit sendPressed();
    if (event->key() == Qt::Key_Up && modifiers == Qt::NoModifier && document()->isEmpty() && !m_composing)
        return emit editLastPressed();
    GrowingEdit::keyPressEvent(event);
}

void ComposerEdit::inputMethodEvent(QInputMethodEvent *event)
{
    m_composing = !event->preeditString().isEmpty();
    GrowingEdit::inputMethodEvent(event);
}

void ComposerEdit::focusInEvent(QFocusEvent *event)
{
    GrowingEdit::focusInEvent(event);
    parentWidget()->setProperty("focused", true);
    refreshStyle(parentWidget());
}

void ComposerEdit::focusOutEvent(QFocusEvent *event)
{
    GrowingEdit::focusOutEvent(event);
    m_composing = false;
    parentWidget()->setProperty("focused", false);
    refreshStyle(parentWidget());
}

Composer::Composer(QWidget *parent) : QWidget(parent)
{
    const auto &space = theme::current().space;
    m_frame = new QFrame(this);
    m_frame->setProperty("kind", QStringLiteral("composer"));
    m_frame->installEventFilter(this);
    m_edit = new ComposerEdit(m_frame);
    m_button = new QToolButton(m_frame);
    m_button->setProperty("kind", QStringLiteral("send"));
    m_button->setFixedSize(buttonSide, buttonSide);
    m_button->setIconSize(QSize(18, 18));
    m_think = makePill(QStringLiteral("thinking"), theme::Tint::Text);
    m_think->setCheckable(true);
    m_retentionPill = makePill(QStringLiteral("prompt"), theme::Tint::Warning);
    m_retentionPill->setProperty("tone", QStringLiteral("warning"));
    m_hint = new QLabel(this);
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setProperty("kind", QStringLiteral("hint"));
    m_hint->setMinimumWidth(0);
    m_hint->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);

    auto *row = new QHBoxLayout(m_frame);
    row->setContentsMargins(space.l, space.s, space.s, space.s);
    row->setSpacing(space.s);
    row->addWidget(m_edit, 1, Qt::AlignVCenter);
    row->addWidget(m_retentionPill, 0, Qt::AlignBottom);
    row->addWidget(m_think, 0, Qt::AlignBottom);
    row->addWidget(m_button, 0, Qt::AlignBottom);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space.s);
    column->addWidget(m_frame);
    column->addWidget(m_hint);

    connect(m_edit, &ComposerEdit::sendPressed, this, &Composer::send);
    connect(m_edit, &ComposerEdit::editLastPressed, this, &Composer::editLastRequested);
    connect(m_edit, &QPlainTextEdit::textChanged, this, [this] {
        showWaitingHint(false);
        updateButton();
        emit edited();
    });
    connect(m_think, &QToolButton::clicked, this, &Composer::thinkingSwitched);
    connect(m_retentionPill, &QToolButton::clicked, this, &Composer::promptRequested);
    connect(m_button, &QToolButton::clicked, this,
            [this] { m_state == State::Generating ? emit stopRequested() : send(); });
    setFocusProxy(m_edit);
    retranslate();
}

QToolButton *Composer::makePill(const QString &icon, theme::Tint tint)
{
    auto *pill = new QToolButton(m_frame);
    pill->setProperty("kind", QStringLiteral("pill"));
    pill->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    pill->setIcon(theme::icon(icon, tint));
    pill->setIconSize(QSize(16, 16));
    pill->setMinimumHeight(buttonSide);
    pill->hide();
    return pill;
}

void Composer::setThinkingSwitch(bool shown, bool on)
{
    m_think->setVisible(shown);
    m_think->setChecked(on);
    retranslate();
}

void Composer::setRetention(engine::ThinkingRetention retention)
{
    m_retention = retention;
    m_retentionPill->setVisible(retention != engine::ThinkingRetention::Template);
    retranslate();
}

void Composer::setAdvice(const QString &sentence)
{
    m_advice = sentence;
    retranslate();
}

QString Composer::text() const
{
    return m_edit->toPlainText();
}

void Composer::setText(const QString &text)
{
    m_edit->setPlainText(text);
    m_edit->moveCursor(QTextCursor::End);
}

void Composer::setState(State state)
{
    m_state = state;
    m_waitingHint = false;
    retranslate();
}

void Composer::send()
{
    const QString written = text().trimmed();
    if (written.isEmpty())
        return;
    if (m_state != State::Ready)
        return showWaitingHint(true);
    m_edit->clear();
    emit sendRequested(written);
}

void Composer::focusEdit()
{
    m_edit->setFocus();
}

QString Composer::hint() const
{
    return m_hint->text();
}

void Composer::showWaitingHint(bool waiting)
{
    if (waiting == m_waitingHint)
        return;
    m_waitingHint = waiting;
    retranslate();
}

void Composer::updateButton()
{
    const bool stop = m_state == State::Generating;
    m_button->setIcon(theme::icon(stop ? QStringLiteral("stop") : QStringLiteral("send"), theme::Tint::OnAccent));
    m_button->setEnabled(stop || !m_edit->document()->isEmpty());
}

void Composer::retranslate()
{
    const QString name = tr("Message");
    m_edit->setAccessibleName(name);
    m_edit->setPlaceholderText(m_state == State::NoModel ? tr("Open a model folder to start a chat")
                                                         : tr("Ask anything…"));
    const bool stop = m_state == State::Generating;
    m_button->setAccessibleName(stop ? tr("Stop") : tr("Send"));
    m_button->setToolTip(stop ? tr("Stop the reply (Esc)") : tr("Send the message (Enter)"));
    m_think->setText(tr("Think"));
    m_think->setToolTip(m_think->isChecked() ? tr("The model thinks before it answers")
                                             : tr("The model answers without thinking"));
    m_retentionPill->setText(tr("Thoughts: %1").arg(PromptLook::retention(m_retention)));
    m_retentionPill->setToolTip(tr("Earlier thoughts the model sees again; its template does otherwise"));
    QString hint = m_advice.isEmpty() ? tr("Enter sends · Shift+Enter starts a new line") : m_advice;
    if (m_waitingHint && m_state == State::Generating)
        hint = tr("Your text is kept. Wait for the reply to end, or press Esc to stop it, then send.");
    else if (m_waitingHint && m_state == State::Loading)
        hint = tr("Your text is kept. The model is still loading; send when it is ready.");
    else if (m_waitingHint && m_state == State::NoModel)
        hint = tr("Your text is kept. Open a model folder first (Ctrl+O).");
    m_hint->setText(hint);
    m_hint->setProperty("tone", m_waitingHint || !m_advice.isEmpty() ? QStringLiteral("warning") : QString());
    refreshStyle(m_hint);
    updateButton();
}

void Composer::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::LanguageChange)
        retranslate();
}

bool Composer::eventFilter(QObject *watched, QEvent *event)
{
    // The padding around the text belongs to the field.
    if (watched == m_frame && event->type() == QEvent::MouseButtonPress)
        m_edit->setFocus(Qt::MouseFocusReason);
    return QWidget::eventFilter(watched, event);
}

} // namespace ui
