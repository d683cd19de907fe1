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

/// When it happened decides what the user can do next.
enum class StorageMoment {
    Saving,  ///< a reply in the background; it is tried again, at once with Retry
    Acting,  ///< what the user has just done; nothing of it was stored
    Opening, ///< before there is a window: a dialog with Retry, a backup, a new beginning
};

/// Kept where its text is shown, so that the text can follow a change of the language.
struct StorageFailure {
    StorageProblem problem = StorageProblem::Other;
    QString file;
    QString sentence; ///< the store's own, in English; the detail, may be empty
};

QString errorText(const engine::Failure &failure);
QString storageErrorText(const StorageFailure &failure, StorageMoment moment);

/// `sentence` is the store's own, in English; it is appended as the detail and may be empty.
QString storageErrorText(StorageProblem problem, const QString &file, const QString &sentence,
                         StorageMoment moment = StorageMoment::Saving);

} // namespace ui
