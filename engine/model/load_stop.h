#pragma once
// Opening a large model takes minutes on a slow disk; closing the application must not wait for it.

#include "engine/error.h"

#include <stop_token>
#include <string>

namespace engine::model {

/// Throws Error Cancelled, file `folder`, when a stop was requested.
inline void throwIfStopped(const std::stop_token &stop, const std::string &folder)
{
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, folder, {}, "Loading " + folder + " was cancelled.");
}

} // namespace engine::model
