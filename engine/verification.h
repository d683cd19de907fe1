#pragma once
// Whether a device computes as the CPU does, which is the reference. Plain data; the functions may be called from any
// thread and take a while.

#include "engine/cache_format.h"
#include "engine/model_info.h"

#include <functional>
#include <string>

namespace engine {

struct VerifiedCase {
    std::string subject;    ///< an op, or "model"
    std::string shape;      ///< "BF16 70 x 256, 3 tokens", "token by token"
    double largest = 0.0;   ///< largest difference
    double relative = 0.0;  ///< |difference| / |reference|, as vectors; of a model the worst position
    double tolerance = 0.0; ///< of `relative`
    std::string note;       ///< of a model: what else was compared
    bool passed = false;
};

/// Called after each case; false ends the verification.
using OnVerified = std::function<bool(const VerifiedCase &)>;

/// Shapes of the ops: small ones that fit no tile, or also those of DeepSeek-V3, which take gigabytes and a while.
enum class OpSizes { Small, SmallAndV3 };

/// Every op of `device`, an id of listDevices() but the CPU's (Error RequestInvalid). Throws as making the backend
/// does.
void verifyOps(const std::string &device, const OnVerified &done, OpSizes sizes = OpSizes::Small);

/// The logits and routes of a model for the same fixed tokens: at once, in chunks and token by token. `path` as
/// Engine::loadModel takes it. Throws as verifyOps() and as opening a model does.
void verifyModel(const std::string &path, const std::string &device, const OnVerified &done,
                 Activations activations = Activations::Exact, CacheFormat cache = CacheFormat::Automatic);

} // namespace engine
