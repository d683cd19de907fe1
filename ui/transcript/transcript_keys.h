#pragma once
// The keyboard in the transcript: scrolling, the way of the Tab key through the controls, copying.

#include "ui/transcript/transcript_stage.h"

#include <QKeyEvent>

namespace ui {

class TranscriptKeys {
public:
    explicit TranscriptKeys(TranscriptStage &stage) : m_stage(stage) {}

    bool press(QKeyEvent *event); ///< whether it was used
    /// To the next control in reading order; false at either end, where the focus leaves the view.
    bool moveFocus(bool forward);
    void focusCame(Qt::FocusReason reason);
    void focusWent(Qt::FocusReason reason);
    bool usesEscape() const;                    ///< there is something that Esc would take back
    bool ringVisible() const { return m_ring; } ///< the focus came by keyboard

private:
    bool scrollKey(QKeyEvent *event);
    bool scrollFocusedBox(int key);
    void scrollPage(int delta);
    std::optional<ControlRef> firstFrom(int item, int step);

    TranscriptStage &m_stage;
    bool m_ring = false;
};

} // namespace ui
