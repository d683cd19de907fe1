#pragma once
// The op table on one GPU.

#include "engine/backend/backend.h"

#include <memory>

namespace engine::backend::cuda {

/// Throws Error DeviceFailed, or OutOfMemory. synchronize() throws DeviceFailed with the first error of the ops before
/// it; from then on it throws at every call, and no op does anything: a device in that state is not used again.
std::unique_ptr<Backend> makeCudaBackend(int device);

} // namespace engine::backend::cuda
