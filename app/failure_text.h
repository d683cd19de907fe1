#pragma once
// Failures of engine and store in the user's language.

#include "engine/error.h"
#include "storage/conversation_store.h"
#include "ui/error_text.h"

#include <QString>

namespace app {

QString failureText(const engine::Failure &failure);
QString failureText(const storage::FailureRecord &failure); ///< of a reply; empty where it did not fail
QString failureText(const storage::Failure &failure, ui::StorageMoment moment);
ui::StorageFailure shownFailure(const storage::Failure &failure); ///< for the window, which finds the words

} // namespace app
