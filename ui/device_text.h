#pragma once
// Devices in the language in force. Plain text with control characters made visible.

#include "engine/device_info.h"

#include <QString>

namespace ui {

/// "CPU", or the name of a GPU with what tells it from another one of that name: "NVIDIA L4 (cuda:1)".
QString deviceName(const engine::DeviceInfo &device);
/// Why it, or all of its kind, cannot be used, and what to do: two whole sentences.
QString deviceProblemText(const engine::DeviceProblem &problem);

} // namespace ui
