#pragma once
// Weights where a backend can read them.

#include "engine/backend/backend.h"
#include "engine/memory/buffer.h"
#include "engine/model/weights.h"

#include <vector>

namespace engine::model {

/// The host's memory is read as it is: then `weights` is a copy of the views and `memory` stays empty.
struct PlacedWeights {
    Weights weights;
    std::vector<memory::Buffer> memory; ///< what the views point into
};

/// Copies every tensor once, also one that has two roles (a tied head). Throws Error OutOfMemory, or UnsupportedFeature
/// for an element type the backend does not run. The copies are complete when the backend is synchronized.
PlacedWeights placeWeights(const Weights &weights, backend::Backend &backend);

} // namespace engine::model
