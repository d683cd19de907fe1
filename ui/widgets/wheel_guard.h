#pragma once
// Who turns the wheel to move a page must not change what lies under the pointer on the way. UI thread only.

class QWidget;

namespace ui {

/// From now on sliders, spin boxes and combo boxes below `page` leave the wheel to it unless they have the focus.
void guardWheel(QWidget *page);

} // namespace ui
