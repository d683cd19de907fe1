#pragma once
// The round button above the newest message, shown while the reader is further up.

#include <QAbstractButton>

namespace ui {

class JumpButton : public QAbstractButton {
    Q_OBJECT

public:
    explicit JumpButton(QWidget *parent);
    QSize sizeHint() const override { return {36, 36}; }
    void retranslate();
    void setNews(bool news); ///< something was written below: the button takes the accent colour

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    bool m_news = false;
};

} // namespace ui
