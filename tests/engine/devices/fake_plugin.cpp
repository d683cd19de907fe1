// A CUDA plugin whose machine is made up: FAKE_ABI, FAKE_PROBLEM and FAKE_COUNT say what it reports.

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
    query->count = FAKE_COUNT;
    for (int index = 0; index < FAKE_COUNT; ++index) {
        std::strcpy(query->devices[index].name, "NVIDIA Test");
        query->devices[index].major = 9;
        query->devices[index].multiprocessors = 132;
        query->devices[index].memoryTotal = 80'000'000'000;
        query->devices[index].memoryFree = 79'000'000'000;
    }
}

engine::backend::Backend *bathyscope_cuda_make_backend(int device)
{
    throw engine::Error(engine::ErrorCode::DeviceFailed, {}, {}, "GPU " + std::to_string(device) + " is made up.");
}
