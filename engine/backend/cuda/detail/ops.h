#pragma once
// The ops of the CUDA backend, one file each; contracts in engine/backend/backend.h. They enqueue on `queue`.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"

namespace engine::backend::cuda {

void embed(Queue &queue, std::span<const std::int32_t> ids, const Matrix &table, const Rows &out);
void rmsNorm(Queue &queue, const ConstRows &x, const Vector &weight, float eps, const Rows &out);
void rope(Queue &queue, const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope);

} // namespace engine::backend::cuda
