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
    /// While a reply streams the text stays, and waits.
    void setSavingAllowed(bool allowed);

signals:
    void saved(const QString &text);
    void cancelled();
    void heightChanged();

protected:
    bool event(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void save();
    void updateSave();
    void retranslate();

    QPlainTextEdit *m_edit;
    QPushButton *m_cancel;
    QPushButton *m_save;
    bool m_composing = false;
    bool m_savingAllowed = true;
};

} // namespace ui
