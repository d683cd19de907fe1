#pragma once
// Attention of one call on one backend: what is attended to is stored by the backend, too.

#include "engine/memory/kv_cache.h"
#include "tests/engine/cuda/operands.h"

namespace support {

/// Attention of multi-head latents.
struct LatentCase {
    int tokens = 1;
    int start = 0; ///< position of the first of them
    int heads = 16;
    int nope = 128;
    int rope = 64;
    int value = 128;
    int latent = 512;
    engine::memory::DType kvB = engine::memory::DType::BF16;
    engine::memory::CacheType cache = engine::memory::CacheType::BF16;
    engine::backend::AttentionForm form = engine::backend::AttentionForm::Absorbed;
    int reserved = 0;      ///< tokens scratch memory is taken for, if more than `tokens`
    int largestStart = -1; ///< if given, start is told in memory and this is the bound

    std::vector<float> run(engine::backend::Backend &backend, Placed &placed) const;
};

/// |a − b| / |b|, as vectors; infinite when a number is missing or none.
double relativeError(const std::vector<float> &a, const std::vector<float> &b);

} // namespace support
