#pragma once
// The driver's management library, NVML: what a device is doing, asked without touching its queue or its context.

#include "engine/backend/cuda/plugin.h"

#include <string>

namespace engine::backend::cuda {

/// Opens the library once and keeps it. Thread contract: any thread.
class Management {
public:
    static constexpr const char *driversLibrary = "libnvidia-ml.so.1";

    explicit Management(const char *library = driversLibrary);

    /// `busId`: as cudaDeviceGetPCIBusId() writes it. False where the library is missing or does not know the device.
    bool usage(const std::string &busId, BathyscopeCudaUsage &usage) const;

private:
    // As nvml.h declares them; that header comes with the toolkit, the library with the driver.
    struct Memory {
        unsigned long long total;
        unsigned long long free;
        unsigned long long used;
    };
    struct Utilization {
        unsigned gpu; ///< percent
        unsigned memory;
    };
    using Device = void *;
    using HandleByBusId = int (*)(const char *, Device *);
    using MemoryInfo = int (*)(Device, Memory *);
    using UtilizationRates = int (*)(Device, Utilization *);

    HandleByBusId m_handle = nullptr; ///< null: it cannot be asked
    MemoryInfo m_memory = nullptr;
    UtilizationRates m_utilization = nullptr;
};

} // namespace engine::backend::cuda
