#pragma once
// Where the user writes. Enter sends, Shift+Enter breaks the line, and while an input method composes a character Enter
// belongs to it. Writing goes on while a reply streams or a model loads; sending then waits for the user. UI thread
// only.

#include "engine/generation.h"
#include "ui/theme/icon.h"
#include "ui/widgets/growing_edit.h"

#include <QFrame>
#include <QLabel>
#include <QToolButton>

namespace ui {

class ComposerEdit : public GrowingEdit {
    Q_OBJECT

public:
    explicit ComposerEdit(QWidget *parent = nullptr);

signals:
    void sendPressed();
    void editLastPressed(); ///< Up in an empty field

protected:
    bool event(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void inputMethodEvent(QInputMethodEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    bool m_composing = false; ///< the input method shows characters that are not yet text
};

class Composer : public QWidget {
    Q_OBJECT

public:
    enum class State { NoModel, Loading, Ready, Generating };

    explicit Composer(QWidget *parent = nullptr);
    QString text() const;
    void setText(const QString &text);
    void setState(State state);
    State state() const { return m_state; }
    /// Sends what is written if that is possible now, otherwise keeps it and says why.
    void send();
    void focusEdit();
    ComposerEdit *edit() const { return m_edit; }
    QToolButton *button() const { return m_button; }
    QString hint() const;
    /// Whether the model leaves it to the user if it thinks, and whether it will.
    void setThinkingSwitch(bool shown, bool on);
    void setRetention(engine::ThinkingRetention retention); ///< shown where it departs from the template
    void setAdvice(const QString &sentence); ///< in the place of the keys, what the model's authors warn of
    QToolButton *thinkingSwitch() const { return m_think; }
    QToolButton *retentionButton() const { return m_retentionPill; }

signals:
    void sendRequested(const QString &text);
    void stopRequested();
    void editLastRequested();
    void edited();
    void thinkingSwitched(bool on);
    void promptRequested();

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void retranslate();
    void showWaitingHint(bool waiting);
    void updateButton();
    QToolButton *makePill(const QString &icon, theme::Tint tint);

    State m_state = State::NoModel;
    bool m_waitingHint = false;
    QFrame *m_frame = nullptr;
    ComposerEdit *m_edit = nullptr;
    QToolButton *m_button = nullptr;
    QToolButton *m_think = nullptr;
    QToolButton *m_retentionPill = nullptr;
    QLabel *m_hint = nullptr;
    engine::ThinkingRetention m_retention = engine::ThinkingRetention::Template;
    QString m_advice;
};

} // namespace ui
