#pragma once
// Names, titles and paths come from models, files and users: shown literally, in one line, with what would be invisible
// made visible, so that a right-to-left override cannot dress up one name as another.

#include <QString>

namespace ui {

/// Line breaks and tabs become spaces; other control and format characters become ⟨U+XXXX⟩, except joiners inside
/// emoji.
QString visibleText(const QString &text);

} // namespace ui
