#pragma once
// Mouse and wheel of the transcript: hover, press, selecting, scrolling inside boxes.

#include "ui/transcript/transcript_stage.h"

#include <QElapsedTimer>
#include <QMouseEvent>
#include <QTimer>
#include <QWheelEvent>
#include <optional>

namespace ui {

class TranscriptPointer {
public:
    explicit TranscriptPointer(TranscriptStage &stage);

    void press(QMouseEvent *event);
    void move(QMouseEvent *event);
    void release(QMouseEvent *event);
    void doubleClick(QMouseEvent *event);
    void leave();
    void reset(); ///< the messages it pressed, dragged or selected in are gone
    /// Returns whether the event was used up by a box inside the page.
    bool wheel(QWheelEvent *event);
    QString toolTipAt(QPoint point) const;

private:
    void updateCursor(QPoint point);
    void selectTo(QPoint point);
    void autoScroll();
    bool pressScrollBar(QPoint point);
    void dragScrollBar(QPoint point);
    int itemAt(QPoint point) const;

    TranscriptStage &m_stage;
    std::optional<ControlRef> m_pressed;
    bool m_selecting = false;
    QPoint m_last;
    QPoint m_clickPoint;
    QElapsedTimer m_sinceDoubleClick;
    QElapsedTimer m_sinceBoxWheel;
    QTimer m_autoScroll;
    int m_barItem = -1; ///< message whose thinking is scrolled by its bar
};

} // namespace ui
