#pragma once
// One line of plain text that gives way when there is no room: the end becomes an ellipsis and the whole text a tool
// tip.

#include <QFont>
#include <QWidget>

namespace ui {

class ElidedLabel : public QWidget {
    Q_OBJECT

public:
    enum class Role { Body, Strong, Small, Heading };

    explicit ElidedLabel(Role role, QWidget *parent = nullptr);
    void setText(const QString &text);
    QString text() const { return m_text; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QFont roleFont() const;
    void updateToolTip();

    Role m_role;
    QString m_text;
};

} // namespace ui
