#pragma once
// The question that is asked when the history does not open. UI thread.

#include "storage/conversation_store.h"

#include <QString>

namespace app {

enum class RecoveryChoice { Close, Retry, RestoreBackup, SetAside };

/// A backup is offered where there is one, a new beginning where the file itself is at fault: a history that only
/// another program holds, or a full disk keeps from opening, stays where it is.
RecoveryChoice askAfterRefusal(const storage::Error &error, bool backupExists);

} // namespace app
