#pragma once
// Find in this conversation: a field, forward and back, and a word when there is nothing more. UI thread only.

#include <QFrame>
#include <QLabel>
#include <QLineEdit>

namespace ui {

class IconButton;

class FindBar : public QFrame {
    Q_OBJECT

public:
    explicit FindBar(QWidget *parent = nullptr);
    void open(const QString &selected); ///< `selected` becomes the text if it is one line
    void close();
    void step(bool backward);
    void showFound(bool found);
    QLineEdit *edit() const { return m_edit; }
    QString status() const { return m_status->text(); }

signals:
    void findRequested(const QString &text, bool backward);
    void closed();

protected:
    bool event(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void retranslate();

    QLineEdit *m_edit = nullptr;
    QLabel *m_status = nullptr;
    IconButton *m_previous = nullptr;
    IconButton *m_next = nullptr;
    IconButton *m_close = nullptr;
    bool m_found = true;
};

} // namespace ui
