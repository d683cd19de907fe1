#pragma once
// The ops that write the cache. `table`: the addresses of args.cache.pages in device memory.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"

namespace engine::backend::cuda {

void storeLatent(Queue &queue, const LatentArgs &args, std::byte *const *table);
void storeKeyValue(Queue &queue, const KeyValueArgs &args, std::byte *const *table);

} // namespace engine::backend::cuda
