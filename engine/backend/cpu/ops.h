#pragma once
// The ops without scratch memory; contracts in engine/backend/backend.h.

#include "engine/backend/backend.h"
#include "engine/backend/cpu/parallel.h"

namespace engine::backend::cpu {

void embed(Parallel &parallel, std::span<const std::int32_t> ids, const Matrix &table, const Rows &out);
void rmsNorm(Parallel &parallel, const ConstRows &x, const Vector &weight, float eps, const Rows &out);
void linear(Parallel &parallel, const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate);
void rope(Parallel &parallel, const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope);
void storeLatent(Parallel &parallel, const LatentArgs &args);
void storeKeyValue(Parallel &parallel, const KeyValueArgs &args);

} // namespace engine::backend::cpu
