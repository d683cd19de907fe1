#pragma once
// The editor that opens over a user message: Enter sends, Shift+Enter begins a line, Esc leaves the message as it was.
// Enter that belongs to an input method never sends.

#include <QFrame>
#include <QString>

class QPlainTextEdit;
class QPushButton;

namespace ui {

class MessageEditor : public QFrame {
    Q_OBJECT

public:
    MessageEditor(const QString &text, QWidget *parent);
    /// Height it needs for its text, within limits.
    int preferredHeight() const;

signals:
    void saved(const QString &text);
    void cancelled();
    void heightChanged();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void save();

    QPlainTextEdit *m_edit;
    QPushButton *m_save;
    bool m_composing = false;
};

} // namespace ui
