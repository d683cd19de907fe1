#pragma once
// A plain-text field as high as its text, between a least and a most number of lines; beyond that it scrolls.

#include <QPlainTextEdit>

namespace ui {

class GrowingEdit : public QPlainTextEdit {
    Q_OBJECT

public:
    GrowingEdit(int leastLines, int mostLines, QWidget *parent = nullptr);
    void adjustHeight();

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    bool canInsertFromMimeData(
        const QMimeData *source) const override; ///< text only: a dropped folder belongs to the window

private:
    int m_leastLines;
    int m_mostLines;
};

} // namespace ui
