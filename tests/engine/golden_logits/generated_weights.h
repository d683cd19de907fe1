#pragma once
// The weights of a golden case. tests/golden/regenerate.py makes the same numbers from the same names and seed.

#include "engine/generation.h"
#include "tests/engine/support/safetensors_writer.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace support {

/// All tensors of the case; '*' in a name stands for each routed expert.
std::vector<NamedTensor> generateWeights(const nlohmann::json &goldenCase);

/// config.json and model.safetensors, nothing else.
void writeGoldenModel(const nlohmann::json &goldenCase, const std::filesystem::path &folder);

/// `count` tokens below `vocab`, from a name and a seed as well.
std::vector<engine::TokenId> generatedTokens(const std::string &name, std::uint64_t seed, std::size_t count, int vocab);

} // namespace support
