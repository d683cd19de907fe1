#pragma once
// F1: every command with its keys, in two columns by menu. Made from the menus, so it cannot be out of date.

class QWidget;

namespace ui {

class Commands;

void showShortcuts(QWidget *window, const Commands &commands);

} // namespace ui
