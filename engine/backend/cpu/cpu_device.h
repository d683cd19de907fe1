#pragma once

#include "engine/device_info.h"

namespace engine::backend::cpu {

/// This machine's processor, the instruction set the kernels run with, and the memory (/proc).
DeviceInfo describeCpu();

} // namespace engine::backend::cpu
