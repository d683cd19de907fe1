#pragma once
// Codes turned into what the user reads: one sentence that names the file and the field, one next step, and below them
// the library's own sentence. In the language in force; plain text with control and direction characters made visible.

#include "engine/error.h"

#include <QString>

namespace ui {

/// Mirrors storage::ErrorCode as far as the user can act on it.
enum class StorageProblem {
    AlreadyOpen,
    NewerVersion,
    ForeignDatabase,
    Damaged,
    ReadOnly,
    DiskFull,
    InputOutput,
    Other
};

QString errorText(const engine::Failure &failure);

/// `sentence` is the store's own, in English; it is appended as the detail and may be empty.
QString storageErrorText(StorageProblem problem, const QString &file, const QString &sentence);

} // namespace ui
