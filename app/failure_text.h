#pragma once
// Failures of engine and store in the user's language.

#include "engine/error.h"
#include "storage/conversation_store.h"

#include <QString>

namespace app {

QString failureText(const engine::Failure &failure);
QString failureText(const storage::Failure &failure);

} // namespace app
