#pragma once
// A line of the prompt on screen, and the strip of token numbers beside the lines: the inside of PromptTextView.

#include "ui/prompt/prompt_look.h"
#include "ui/prompt/prompt_text_view.h"

#include <QTextLayout>

namespace ui {

struct PromptTextView::ScreenLine {
    QTextLine line;
    QPointF origin; ///< of the block's layout, in the viewport
    int from = 0;   ///< positions in the prompt; a line break after the line belongs to it
    int to = 0;
    int blockStart = 0;
    bool endsBlock = false;

    double top() const { return origin.y() + line.y(); }
    double height() const { return line.height(); }
    double xOf(int position) const { return origin.x() + line.cursorToX(position - blockStart); }
    int positionAt(double x) const
    {
        const double right = origin.x() + line.x() + line.naturalTextWidth();
        if (endsBlock && x > right)
            return to - 1; // the line break
        return blockStart + line.xToCursor(x - origin.x(), QTextLine::CursorOnCharacter);
    }
};

class PromptTextView::Gutter : public QWidget {
public:
    explicit Gutter(PromptTextView *view) : QWidget(view), m_view(view) {}

protected:
    void paintEvent(QPaintEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;

private:
    PromptTextView *m_view;
};

} // namespace ui
