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
    struct Extent {
        int lines = 0; ///< at most one more than shown
        double height = 0.0;
    };
    Extent measure() const;

    int m_leastLines;
    int m_mostLines;
};

} // namespace ui
