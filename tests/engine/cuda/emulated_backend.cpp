#include "engine/backend/cuda/detail/cuda_backend.h"
#include "tests/engine/cuda/backend_under_test.h"

#include <cuda_runtime.h>

namespace support {

std::string whyNoBackend()
{
    return {};
}

std::unique_ptr<engine::backend::Backend> makeBackendUnderTest()
{
    emulator::launchesUntilFailure = -1;
    return engine::backend::cuda::makeCudaBackend(0);
}

void useThreadOrder(bool descending)
{
    emulator::order = descending ? emulator::Order::Descending : emulator::Order::Ascending;
}

bool failLaunchAfter(int launches)
{
    emulator::launchesUntilFailure = launches;
    return true;
}

bool failGraphs(bool fail)
{
    emulator::captureFails = fail;
    return true;
}

bool limitSharedMemory(std::size_t bytes)
{
    static const std::size_t whole = emulator::sharedLimit;
    emulator::sharedLimit = bytes > 0 ? bytes : whole;
    return true;
}

bool hasCublasLt()
{
    return true;
}

Counts countsSoFar()
{
    return {emulator::launches, emulator::graphLaunches, emulator::unwaited};
}

} // namespace support
