#pragma once
// What the user chose, on disk: $XDG_CONFIG_HOME/bathyscope/bathyscope.ini, mode 0600. UI thread.

#include "ui/ui_settings.h"

#include <QString>

namespace app {

struct Settings {
    ui::UiSettings ui;
    QString modelFolder; ///< or GGUF file: the last model that loaded; empty = the bundled one
};

/// Where the settings live. Relative XDG paths are ignored, as the specification asks.
QString settingsFile();

/// Missing or unreadable values become their defaults; out-of-range numbers are clamped.
Settings loadSettings(const QString &file);

/// False if the file could not be written.
bool saveSettings(const QString &file, const Settings &settings);

} // namespace app
