#pragma once
// The weights of a golden case. tests/golden/regenerate.py makes the same numbers from the same names and seed.

#include "tests/engine/support/safetensors_writer.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <vector>

namespace support {

/// All tensors of the case; '*' in a name stands for each routed expert.
std::vector<NamedTensor> generateWeights(const nlohmann::json &goldenCase);

/// config.json and model.safetensors, nothing else.
void writeGoldenModel(const nlohmann::json &goldenCase, const std::filesystem::path &folder);

} // namespace support
