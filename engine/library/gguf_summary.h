#pragma once
// A GGUF file from its header.

#include "engine/model_library.h"

namespace engine::library {

/// Fills what is known into `entry`, whose path is set. Throws Error, as opening the file does.
void summarizeGguf(ModelEntry &entry, const struct Description &with);

} // namespace engine::library
