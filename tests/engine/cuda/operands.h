#pragma once
// The operands of engine/verification, for tests of one kernel.

#include "engine/verification/placed.h"
#include "tests/engine/backend/naive.h"

namespace support {

using engine::verification::Placed;

} // namespace support
