#pragma once
// What the desktop says about light, dark and motion, as far as Qt 6.4 does not tell: the platform palette first, then
// the settings files of GTK and KDE. Read-only.

namespace ui::theme {

/// Looks at the style's palette unless the application has set its own; then only at the settings files.
bool desktopPrefersDark();
bool desktopReducesMotion();

} // namespace ui::theme
