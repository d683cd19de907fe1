#include "ui/transcript/transcript_keys.h"

#include "ui/transcript/transcript_view.h"

#include <QScrollBar>
#include <algorithm>

namespace ui {

bool TranscriptKeys::press(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        m_stage.view()->copySelection();
        return true;
    }
    if (event->matches(QKeySequence::SelectAll)) {
        m_stage.flush();
        m_stage.selection().selectAll(m_stage.page());
        m_stage.view()->viewport()->update();
        return true;
    }
    const auto &focused = m_stage.focused();
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        if (!focused)
            return false;
        m_stage.activate(*focused);
        return true;
    case Qt::Key_Escape:
        if (!usesEscape())
            return false;
        m_stage.selection().clear();
        m_stage.setFocused(std::nullopt);
        return true;
    default:
        return scrollKey(event);
    }
}

void TranscriptKeys::scrollPage(int delta)
{
    QScrollBar *bar = m_stage.view()->verticalScrollBar();
    bar->setValue(bar->value() + delta);
}

bool TranscriptKeys::scrollKey(QKeyEvent *event)
{
    if (scrollFocusedBox(event->key()))
        return true;
    const QScrollBar *bar = m_stage.view()->verticalScrollBar();
    switch (event->key()) {
    case Qt::Key_Up:
        scrollPage(-bar->singleStep());
        return true;
    case Qt::Key_Down:
        scrollPage(bar->singleStep());
        return true;
    case Qt::Key_PageUp:
        scrollPage(-bar->pageStep() * 9 / 10);
        return true;
    case Qt::Key_PageDown:
        scrollPage(bar->pageStep() * 9 / 10);
        return true;
    case Qt::Key_Home:
        scrollPage(-bar->maximum());
        return true;
    case Qt::Key_End:
        m_stage.scrollToEnd();
        return true;
    default:
        return false;
    }
}

/// A thinking block scrolls up and down while its header has the focus, code sideways while its button has.
bool TranscriptKeys::scrollFocusedBox(int key)
{
    const auto &focused = m_stage.focused();
    if (!focused || focused->item >= m_stage.page().count())
        return false;
    MessageItem &item = m_stage.page().item(focused->item);
    const Control &control = focused->control;
    if (control.kind == ControlKind::CopyCode && (key == Qt::Key_Left || key == Qt::Key_Right)) {
        item.column(control.part).scrollSideways(control.block, key == Qt::Key_Left ? -40 : 40);
        m_stage.view()->viewport()->update();
        return true;
    }
    const bool inThinking =
        control.kind == ControlKind::ThinkingToggle || control.kind == ControlKind::ThinkingCollapse;
    if (!inThinking || item.geometry().thinkingBody.isEmpty())
        return false;
    const int page = item.geometry().thinkingBody.height() * 9 / 10;
    const int delta = key == Qt::Key_Up         ? -40
                      : key == Qt::Key_Down     ? 40
                      : key == Qt::Key_PageUp   ? -page
                      : key == Qt::Key_PageDown ? page
                                                : 0;
    if (delta == 0 || !item.thinking().scrollBy(delta))
        return false;
    item.setLayoutChanged();
    m_stage.settle();
    return true;
}

std::optional<ControlRef> TranscriptKeys::firstFrom(int index, int step)
{
    for (int i = index; i >= 0 && i < m_stage.page().count(); i += step) {
        const auto boxes = m_stage.controlsOf(i);
        const auto enabled = [](const ControlBox &box) { return box.enabled; };
        if (step > 0) {
            if (const auto found = std::find_if(boxes.begin(), boxes.end(), enabled); found != boxes.end())
                return ControlRef{i, found->control};
        } else if (const auto found = std::find_if(boxes.rbegin(), boxes.rend(), enabled); found != boxes.rend()) {
            return ControlRef{i, found->control};
        }
    }
    return std::nullopt;
}

bool TranscriptKeys::usesEscape() const
{
    return m_stage.focused() || !m_stage.selection().isEmpty();
}

/// A control that keeps the focus unseen would decide what Regenerate or Edit mean. Menus and other windows give it
/// back.
void TranscriptKeys::focusWent(Qt::FocusReason reason)
{
    const bool comesBack =
        reason == Qt::PopupFocusReason || reason == Qt::MenuBarFocusReason || reason == Qt::ActiveWindowFocusReason;
    if (!comesBack)
        m_stage.setFocused(std::nullopt);
}

void TranscriptKeys::focusCame(Qt::FocusReason reason)
{
    m_ring = reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason;
}

bool TranscriptKeys::moveFocus(bool forward)
{
    TranscriptLayout &page = m_stage.page();
    if (page.count() == 0)
        return false;
    m_stage.flush();
    const int step = forward ? 1 : -1;
    std::optional<ControlRef> target;
    const auto &focused = m_stage.focused();
    if (!focused) { // from the outside: what is on screen comes first
        const int height = m_stage.view()->viewport()->height();
        target = firstFrom(page.itemAt(m_stage.scrollTop() + (forward ? 0 : height - 1)), step);
    } else {
        auto boxes = m_stage.controlsOf(focused->item);
        if (!forward)
            std::reverse(boxes.begin(), boxes.end());
        auto at = std::find_if(boxes.begin(), boxes.end(),
                               [&](const ControlBox &box) { return box.control == focused->control; });
        if (at != boxes.end())
            at = std::find_if(at + 1, boxes.end(), [](const ControlBox &box) { return box.enabled; });
        target = at != boxes.end() ? std::optional(ControlRef{focused->item, at->control})
                                   : firstFrom(focused->item + step, step);
    }
    m_stage.setFocused(target);
    return target.has_value();
}

} // namespace ui
