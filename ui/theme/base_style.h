#pragma once
// What lies under the style sheet: Fusion, with the letters of menus underlined only once Alt is pressed.

#include <QProxyStyle>

namespace ui::theme {

class BaseStyle : public QProxyStyle {
    Q_OBJECT

public:
    BaseStyle();
    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                  QStyleHintReturn *returnData) const override;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void underline(bool on);

    bool m_underline = false;
};

} // namespace ui::theme
