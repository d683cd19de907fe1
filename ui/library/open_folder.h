#pragma once
// Choosing a model folder: the desktop's own dialog, or a folder dropped onto the window.

#include <QString>
#include <functional>

class QMimeData;
class QWidget;

namespace ui {

/// Shows the dialog without blocking; `chosen` runs only if a folder was taken.
void chooseModelFolder(QWidget *window, const QString &startAt,
                       const std::function<void(const QString &folder)> &chosen);

/// The same for a folder whose models shall be listed.
void chooseLibraryFolder(QWidget *window, const std::function<void(const QString &folder)> &chosen);

/// The model that is dragged: exactly one local folder, one GGUF file, or one file inside a model folder (its folder).
/// Empty otherwise.
QString draggedFolder(const QMimeData *data);

} // namespace ui
