#pragma once
// The router.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"
#include "engine/backend/cuda/detail/linear.h"

namespace engine::backend::cuda {

constexpr int maxExperts = 512;

struct RouteCall;

/// `affinities`: scratch memory [tokens, experts].
void route(Queue &queue, const RouteArgs &args, float *affinities, LinearScratch &scratch);

/// For gates in BF16 and F32 whose rows start on 16 bytes: one launch.
bool canRouteAtOnce(const RouteArgs &args, const LinearScratch &scratch);
void routeAtOnce(Queue &queue, const RouteArgs &args, const RouteCall &route, LinearScratch &scratch);

} // namespace engine::backend::cuda
