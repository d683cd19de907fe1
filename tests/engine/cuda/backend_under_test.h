#pragma once
// Which CUDA backend the tests are linked with: the one the emulator runs, or the plugin's on a real GPU.

#include "engine/backend/backend.h"
#include "engine/error.h"

#include <cstddef>
#include <memory>
#include <string>

namespace support {

/// A sentence where there is no GPU to test; empty otherwise, and always with the emulator.
std::string whyNoBackend();
std::unique_ptr<engine::backend::Backend> makeBackendUnderTest();

/// The order in which the emulator runs the threads of a block; a real GPU does as it likes.
void useThreadOrder(bool descending);

/// The next launch but `launches` fails; false where that cannot be had.
bool failLaunchAfter(int launches);

/// Whether graphs can be made from now on; false where that cannot be chosen.
bool failGraphs(bool fail);

/// Backends made from now on may have so many bytes of shared memory in a block, 0: what the device has; false where
/// that cannot be chosen.
bool limitSharedMemory(std::size_t bytes);

/// Whether cuBLASLt is there to be compared with.
bool hasCublasLt();

/// What the emulator has counted; all 0 on a real GPU.
struct Counts {
    long long launches = 0; ///< of kernels
    long long graphLaunches = 0;
    long long unwaited = 0; ///< launches of kernels that do not begin with waitForEarlier()
};
Counts countsSoFar();

} // namespace support
