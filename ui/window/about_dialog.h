#pragma once
// Name, version and what the program is. The facts about the model are in the model bar.

class QWidget;

namespace ui {

void showAbout(QWidget *window);

} // namespace ui
