#pragma once
// A small message over the bottom of the window with one action, gone after ten seconds. UI thread only.

#include <QFrame>
#include <QPushButton>
#include <QTimer>

namespace ui {

class ElidedLabel;

class Toast : public QFrame {
    Q_OBJECT

public:
    /// Lies over `page`, just above its child `below`.
    Toast(QWidget *page, QWidget *below);
    void offer(const QString &text, const QString &action);
    void setTexts(const QString &text, const QString &action); ///< the same in another language
    QString text() const;
    QPushButton *button() const { return m_button; }
    static constexpr int milliseconds = 10'000;

signals:
    void actionTaken();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void place();

    QWidget *m_below = nullptr;
    ElidedLabel *m_label = nullptr;
    QPushButton *m_button = nullptr;
    QTimer m_timer;
};

} // namespace ui
