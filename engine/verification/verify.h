#pragma once
// The verification of a backend that is already made.

#include "engine/backend/backend.h"
#include "engine/verification.h"

#include <memory>

namespace engine::verification {

void verifyOps(backend::Backend &tested, backend::Backend &oracle, const OnVerified &done,
               OpSizes sizes = OpSizes::Small);
void verifyModel(const std::string &path, backend::Backend &tested, backend::Backend &oracle, const OnVerified &done,
                 Activations activations = Activations::Exact, CacheFormat cache = CacheFormat::Automatic);

} // namespace engine::verification
