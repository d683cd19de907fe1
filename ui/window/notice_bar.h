#pragma once
// A sentence across the top of the chat: what went wrong and what to do. Plain text; stays until it is closed, replaced
// or withdrawn. UI thread only.

#include <QFrame>
#include <QLabel>
#include <QPushButton>

namespace ui {

class GrowingEdit;
class IconButton;

class NoticeBar : public QFrame {
    Q_OBJECT

public:
    explicit NoticeBar(QWidget *parent = nullptr);
    /// Empty text hides the bar, empty `action` the button.
    void show(const QString &text, const QString &action = {});
    QString text() const;
    QPushButton *actionButton() const { return m_action; }

signals:
    void actionTaken();

protected:
    void changeEvent(QEvent *event) override;

private:
    void retranslate();

    QLabel *m_icon = nullptr;
    GrowingEdit *m_text = nullptr;
    QPushButton *m_action = nullptr;
    IconButton *m_close = nullptr;
};

} // namespace ui
