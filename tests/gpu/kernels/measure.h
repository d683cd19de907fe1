#pragma once
// The time of a case.

#include "tests/gpu/kernels/kernel_case.h"

namespace gpu_kernels {

/// Of one call, in milliseconds: the median of some rounds, each with all calls of the case one after the other, as the
/// backend enqueues a recorded step.
double millisecondsOfACall(engine::backend::Backend &backend, const Prepared &prepared, Sizes sizes);

/// Bytes a second, read and written, while memory of the device is copied.
double copyBandwidth(engine::backend::Backend &backend, Sizes sizes);

} // namespace gpu_kernels
