#pragma once
// The failure of a reply as the history keeps it, and back. The names of the codes are part of the file format.

#include "app/reply.h"
#include "engine/error.h"
#include "storage/records.h"

namespace app {

storage::FailureRecord failureRecord(const ReplyEnd &end); ///< empty unless the reply failed
engine::Failure engineFailure(const storage::FailureRecord &record);

} // namespace app
