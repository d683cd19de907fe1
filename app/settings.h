#pragma once
// What the user chose, on disk: $XDG_CONFIG_HOME/bathyscope/bathyscope.ini, mode 0600. UI thread.

#include "ui/precision.h"
#include "ui/ui_settings.h"

#include <QString>
#include <QStringList>

namespace app {

struct Settings {
    ui::UiSettings ui;
    QString modelFolder;  ///< or GGUF file: the last model that loaded; empty = the bundled one
    int modelContext = 0; ///< tokens it was opened with; 0 = as it comes
    ui::Precision modelPrecision;
    QString device;             ///< it was opened on; empty = the CPU
    QStringList libraryFolders; ///< where the user keeps models, besides the places of other programs
};

/// Where the settings live. Relative XDG paths are ignored, as the specification asks.
QString settingsFile();

/// Missing or unreadable values become their defaults; out-of-range numbers are clamped.
Settings loadSettings(const QString &file);

/// False if the file could not be written.
bool saveSettings(const QString &file, const Settings &settings);

} // namespace app
