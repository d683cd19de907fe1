#pragma once
// The model a quantised one stands for: the same folder with its FP8 weights written out as F32.

#include <filesystem>

namespace support {

/// Copies config.json without quantization_config, and all tensors of `from` (every F8_E4M3 times the scale of its
/// block). The codes are read here as the format is defined, not by the engine.
void writeDequantised(const std::filesystem::path &from, const std::filesystem::path &to);

} // namespace support
