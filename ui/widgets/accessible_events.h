#pragma once
// What assistive technology is told, in one place. Nothing is made up while nobody listens.

#include <QAccessible>
#include <functional>

namespace ui {

bool somebodyListens();
void tellListener(QAccessibleEvent &event);

/// Takes the events in place of the desktop, which not every platform connects; an empty one gives them back.
void setAccessibleListener(std::function<void(QAccessibleEvent &)> listener);

} // namespace ui
