#pragma once
// The router.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/memory/buffer.h"

namespace engine::backend::cuda {

constexpr int maxExperts = 512;

/// `affinities`: scratch memory [tokens, experts].
void route(Queue &queue, const RouteArgs &args, float *affinities);

} // namespace engine::backend::cuda
