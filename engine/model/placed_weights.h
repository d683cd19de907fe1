#pragma once
// Weights where a backend can read them.

#include "engine/memory/buffer.h"
#include "engine/memory/memory_space.h"
#include "engine/model/weights.h"

#include <vector>

namespace engine::model {

/// The host's memory is read as it is: then `weights` is a copy of the views and `memory` stays empty.
struct PlacedWeights {
    Weights weights;
    std::vector<memory::Buffer> memory; ///< what the views point into
};

/// Copies every tensor once, also one that has two roles (a tied head). Throws Error OutOfMemory. The copies are
/// complete when the backend is synchronized.
PlacedWeights placeWeights(const Weights &weights, memory::MemorySpace &memory);

} // namespace engine::model
