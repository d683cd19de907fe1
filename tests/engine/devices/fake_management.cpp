// A management library that knows one device; FAKE_TELLS says whether it tells how busy that is.

#include <cstring>

namespace {

struct Memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};
struct Utilization {
    unsigned gpu;
    unsigned memory;
};
int begun = 0;
int theDevice = 0;

} // namespace

extern "C" {

int nvmlInit_v2()
{
    ++begun;
    return 0;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *busId, void **device)
{
    *device = &theDevice;
    return begun == 0 || std::strcmp(busId, "0000:65:00.0") != 0 ? 6 : 0;
}

int nvmlDeviceGetMemoryInfo(void *device, Memory *memory)
{
    *memory = {24000, 14000, 10000};
    return device == &theDevice ? 0 : 2;
}

int nvmlDeviceGetUtilizationRates(void *, Utilization *busy)
{
    *busy = {73, 11};
    return FAKE_TELLS != 0 ? 0 : 3;
}
}
