#pragma once
// A flat square button with an icon of ours; the name is what a screen reader says and what the tool tip shows.

#include "ui/theme/icon.h"

#include <QToolButton>

namespace ui {

class IconButton : public QToolButton {
    Q_OBJECT

public:
    explicit IconButton(const QString &icon, QWidget *parent = nullptr, theme::Tint tint = theme::Tint::Text);
    /// `keys` is appended to the tool tip, in the desktop's notation.
    void setName(const QString &name, const QKeySequence &keys = {});

protected:
    void changeEvent(QEvent *event) override;

private:
    void updateSize();
};

} // namespace ui
