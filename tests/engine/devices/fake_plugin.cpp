// A CUDA plugin whose machine is made up: FAKE_ABI, FAKE_PROBLEM, FAKE_COUNT and FAKE_MAJOR say what it reports.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/plugin.h"
#include "engine/error.h"

#include <cstring>

int bathyscope_cuda_plugin_abi()
{
    return FAKE_ABI;
}

void bathyscope_cuda_query(BathyscopeCudaQuery *query)
{
    *query = {};
    query->problem = FAKE_PROBLEM;
    query->runtimeVersion = 13000;
    query->driverVersion = 12040;
    std::strcpy(query->detail, "something went wrong");
    query->leastCapability = 80;
    query->count = FAKE_COUNT;
    for (int index = 0; index < FAKE_COUNT; ++index) {
        std::strcpy(query->devices[index].name, "NVIDIA Test");
        query->devices[index].major = FAKE_MAJOR;
        query->devices[index].minor = 5 * (9 - FAKE_MAJOR) / 2;
        query->devices[index].multiprocessors = 132;
        query->devices[index].memoryTotal = 80'000'000'000;
        query->devices[index].memoryFree = 79'000'000'000;
    }
}

engine::backend::Backend *bathyscope_cuda_make_backend(int device)
{
    throw engine::Error(engine::ErrorCode::DeviceFailed, {}, {}, "GPU " + std::to_string(device) + " is made up.");
}

bool bathyscope_cuda_usage(int device, BathyscopeCudaUsage *usage)
{
    *usage = {30'000'000'000, 80'000'000'000, device == 0 ? 97 : -1};
    return device < FAKE_COUNT;
}

std::uint64_t bathyscope_cuda_workspace_bytes(const engine::backend::WorkspaceShape &shape, int multiprocessors)
{
    return static_cast<std::uint64_t>(shape.tokens) * static_cast<std::uint64_t>(multiprocessors);
}
