#pragma once
// The memory a model works in besides its weights, sized from the config alone.

#include "engine/backend/backend.h"
#include "engine/devices.h"
#include "engine/memory/kv_cache.h"
#include "engine/model/model_config.h"

namespace engine::model {

/// Throws Error UnsupportedFeature, field "cache", for a format the model's attention does not have.
void requireCacheFormat(const ModelConfig &config, CacheFormat format, const std::string &file = {});

/// The shape of a cache of `layers` layers for `capacity` tokens. Auto is resolved by the main layers, so that the
/// cache of the MTP layer has their type. Throws as requireCacheFormat() does.
memory::KvCacheShape cacheShapeOf(const ModelConfig &config, int layers, int capacity,
                                  memory::CacheType type = memory::CacheType::Automatic);

/// For calls of up to `chunk` tokens.
backend::WorkspaceShape workspaceShapeOf(const ModelConfig &config, int chunk);

/// Tokens that a device computes together. On a GPU every chunk makes keys and values of all tokens before it again and
/// reads every expert again, so that chunks are as large as a prompt's progress and the memory allow.
int prefillChunkOn(const DeviceInfo &device);

int countMoeLayers(const ModelConfig &config);

/// Bytes of activations and scratch memory with chunks of prefillChunkOn(). `threads` 0: one per core.
std::uint64_t bufferBytes(const ModelConfig &config, Devices &devices, const DeviceInfo &device, int threads);
std::uint64_t bufferBytes(const ModelConfig &config, int threads); ///< on the CPU

} // namespace engine::model
