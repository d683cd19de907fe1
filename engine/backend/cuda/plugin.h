#pragma once
// What the program and its CUDA plugin agree on. The plugin is a shared library of its own, opened at run time, so that
// the program starts where no NVIDIA library is installed. The list of devices is plain C. A backend is a C++ object:
// both sides are built together, which the number below stands for.

#include <cstdint>

namespace engine::backend {
class Backend;
struct WorkspaceShape;
} // namespace engine::backend

extern "C" {

/// Grows by one whenever anything below changes; both sides compare it before anything else is called.
constexpr int bathyscope_cuda_abi = 5;

struct BathyscopeCudaDevice {
    char name[256];
    int major; ///< compute capability
    int minor;
    int multiprocessors;
    std::uint64_t memoryTotal; ///< bytes
    std::uint64_t memoryFree;
};

/// Why nothing is listed.
enum BathyscopeCudaProblem {
    bathyscope_cuda_fine = 0,
    bathyscope_cuda_no_driver = 1,
    bathyscope_cuda_old_driver = 2,
    bathyscope_cuda_no_device = 3,
    bathyscope_cuda_failed = 4,
};

struct BathyscopeCudaQuery {
    BathyscopeCudaProblem problem;
    int runtimeVersion;  ///< of the toolkit the plugin was built with, 13000 = 13.0
    int driverVersion;   ///< the newest version the driver can serve, 0: no driver
    char detail[256];    ///< the runtime's own words, for bathyscope_cuda_failed
    int leastCapability; ///< compute capability from which on the kernels run, 80 = 8.0
    int count;           ///< filled entries of `devices`
    BathyscopeCudaDevice devices[64];
};

/// What the management library of the driver says, whoever uses the device.
struct BathyscopeCudaUsage {
    std::uint64_t memoryUsed; ///< bytes
    std::uint64_t memoryTotal;
    int busyPercent; ///< of the last second or less; negative: not told
};

int bathyscope_cuda_plugin_abi();
void bathyscope_cuda_query(BathyscopeCudaQuery *query);
/// The op table of one device, to be deleted by the caller. Throws engine::Error DeviceFailed or OutOfMemory.
engine::backend::Backend *bathyscope_cuda_make_backend(int device);
/// False where it cannot be told. Leaves what the device computes alone.
bool bathyscope_cuda_usage(int device, BathyscopeCudaUsage *usage);
/// What Backend::reserve() takes on a device with so many multiprocessors.
std::uint64_t bathyscope_cuda_workspace_bytes(const engine::backend::WorkspaceShape &shape, int multiprocessors);
}
