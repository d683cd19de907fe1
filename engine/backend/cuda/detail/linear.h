#pragma once
// The two ways of linear().

#include "engine/backend/cuda/detail/launch.h"

#include "engine/backend/backend.h"

namespace engine::backend::cuda {

/// From one more on, tensor cores win over reading the weight again for every four tokens.
constexpr int maxSkinnyTokens = 8;

/// Tensor cores take BF16: weights of 16 and 8 bits lose nothing (F16: below 2^-8 of its value), inputs are rounded.
/// F32 weights are left to exactLinear().
bool canTile(const ConstRows &x, const Matrix &weight);
void tiledLinear(Queue &queue, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate);

} // namespace engine::backend::cuda
