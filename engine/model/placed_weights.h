#pragma once
// Weights where a backend can read them.

#include "engine/backend/backend.h"
#include "engine/memory/buffer.h"
#include "engine/model/load_watch.h"
#include "engine/model/weights.h"

#include <string>

namespace engine::model {

/// The host's memory is read as it is: then `weights` is a copy of the views and `memory` stays empty.
struct PlacedWeights {
    Weights weights;
    memory::Buffer memory; ///< what the views point into
};

/// Copies every tensor once, also one that has two roles (a tied head), and waits for it; tells `watch` the bytes as
/// LoadStage::Buffers. Throws Error OutOfMemory, UnsupportedFeature for an element type the backend does not run, and
/// Cancelled, naming `name`, when the watch is stopped.
PlacedWeights placeWeights(const Weights &weights, backend::Backend &backend, const LoadWatch &watch = {},
                           const std::string &name = {});

} // namespace engine::model
