#pragma once
// The question that is asked when the window is closed while replies could not be saved. UI thread.

class QWidget;

namespace app {

enum class CloseChoice { KeepOpen, Retry, CloseAnyway };

CloseChoice askBeforeClosing(QWidget *window, int unsavedReplies);

} // namespace app
