#pragma once

#include <cstdint>

namespace support {

/// Highest resident size of this process so far, in bytes.
std::uint64_t peakResidentBytes();

} // namespace support
