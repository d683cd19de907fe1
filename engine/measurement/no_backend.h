#pragma once
// A backend that computes nothing: a forward pass through it shows which ops with which shapes a model consists of.

#include "engine/backend/backend.h"

#include <memory>

namespace engine::measurement {

/// Its memory has addresses but no bytes behind them: uploads and downloads do nothing.
std::unique_ptr<backend::Backend> makeNoBackend();

} // namespace engine::measurement
