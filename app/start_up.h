#pragma once
// Opens the program. Where the history does not open, the user decides what happens to it; nothing is deleted. UI
// thread.

#include "app/application.h"
#include "app/recovery_dialog.h"

#include <functional>
#include <memory>

namespace app {

using AskAfterRefusal = std::function<RecoveryChoice(const storage::Error &, bool backupExists)>;

/// Asks until the history opens or the user gives up; then null.
std::unique_ptr<Application> openApplication(const ApplicationOptions &options,
                                             const AskAfterRefusal &ask = askAfterRefusal);

} // namespace app
