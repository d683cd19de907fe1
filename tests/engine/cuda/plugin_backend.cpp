// On a real GPU: the first device of the plugin. BATHYSCOPE_CUDA_PLUGIN names another file than the one it was built
// as, for a machine the tests were carried to.

#include "engine/backend/cuda_plugin.h"
#include "tests/engine/cuda/backend_under_test.h"

#include <cstdlib>
#include <dlfcn.h>

namespace support {

namespace {

std::string pluginFile()
{
    const char *named = std::getenv("BATHYSCOPE_CUDA_PLUGIN");
    return named != nullptr ? named : CUDA_PLUGIN;
}

} // namespace

std::string whyNoBackend()
{
    engine::DeviceList list;
    engine::backend::addCudaDevices(pluginFile(), list);
    return list.devices.empty() ? list.absent.front().problem.sentence : std::string();
}

std::unique_ptr<engine::backend::Backend> makeBackendUnderTest()
{
    return engine::backend::makeCudaBackend(pluginFile(), "cuda:0");
}

void useThreadOrder(bool) {}

bool failLaunchAfter(int)
{
    return false;
}

bool failGraphs(bool)
{
    return false;
}

bool limitSharedMemory(std::size_t)
{
    return false;
}

bool hasCublasLt()
{
    return dlopen("libcublasLt.so.13", RTLD_NOW) != nullptr || dlopen("libcublasLt.so.12", RTLD_NOW) != nullptr;
}

Counts countsSoFar()
{
    return {};
}

} // namespace support
