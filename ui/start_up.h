#pragma once
// Theme and language for what is shown before there is a window. UI thread only.

#include "ui/ui_settings.h"

namespace ui {

void applyAtStartUp(const UiSettings &settings);

} // namespace ui
