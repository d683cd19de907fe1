#pragma once
// A sentence across the top of the chat: what went wrong and what to do. Plain text; stays until it is closed, replaced
// or withdrawn; one that cannot be closed stays until the owner withdraws it. UI thread only.

#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QStringList>

class QBoxLayout;
class QHBoxLayout;

namespace ui {

class GrowingEdit;
class IconButton;

class NoticeBar : public QFrame {
    Q_OBJECT

public:
    enum class Closing { ByUser, ByOwner };

    explicit NoticeBar(Closing closing, QWidget *parent = nullptr);
    /// Empty text hides the bar, empty `action` the button.
    void show(const QString &text, const QString &action = {});
    /// Other ways out, beside the first; gone with the next show().
    void offer(const QStringList &actions);
    /// The same in another language; a bar that was closed stays closed.
    void translate(const QString &text, const QString &action = {});
    QString text() const;
    QPushButton *actionButton() const { return m_action; }

signals:
    void actionTaken();
    void otherActionTaken(int which); ///< of those offered

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void retranslate();
    void fill(const QString &text, const QString &action);
    void arrange(); ///< the buttons go below a text that they would leave too little room

    QBoxLayout *m_body = nullptr; ///< text, then buttons
    QHBoxLayout *m_buttons = nullptr;
    QLabel *m_icon = nullptr;
    GrowingEdit *m_text = nullptr;
    QPushButton *m_action = nullptr;
    QHBoxLayout *m_others = nullptr;
    IconButton *m_close = nullptr;
};

} // namespace ui
