#pragma once
// A backend by the name of its device.

#include "engine/backend/backend.h"

#include <cstdint>
#include <memory>
#include <string>

namespace engine::backend {

/// `device`: an id of listDevices(). `threads` are the CPU's, 0 = one per core. Throws Error RequestInvalid, field
/// "device", for a device this machine does not have (the sentence says which there are, or why there is no GPU), and
/// what makeCudaBackend() throws.
std::unique_ptr<Backend> makeBackend(const std::string &device, int threads);

/// Bytes that can be had on it now; throws as makeBackend().
std::uint64_t freeMemory(const std::string &device);

} // namespace engine::backend
