#include "tests/engine/support/peak_memory.h"

#include <sys/resource.h>

namespace support {

std::uint64_t peakResidentBytes()
{
    struct rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

} // namespace support
