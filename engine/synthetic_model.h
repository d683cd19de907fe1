#pragma once
// Model folders with random weights at real shapes, to measure size and speed where the real weights are not at hand.

#include <cstdint>
#include <functional>
#include <string>

namespace engine {

enum class SyntheticStorage {
    F32,
    BF16,
    FP8, ///< E4M3 in 128x128 blocks for the projections, BF16 for the rest, as DeepSeek-V3 is published
};

struct SyntheticModelOptions {
    std::string configFile; ///< a config.json of any architecture the engine runs
    std::string folder;     ///< made if it is not there; must not hold a config.json
    SyntheticStorage storage = SyntheticStorage::BF16;
    int layers = 0; ///< instead of num_hidden_layers; 0: as the config says
    std::uint64_t seed = 1;
    std::uint64_t shardBytes = 4'000'000'000; ///< of tensor data in a file, unless one tensor is larger
};

/// Writes config.json, the shards and their index; no tokenizer. Same options, same bytes. `progress` is called after
/// every few megabytes with the bytes written and the bytes in all; false stops, and what was written stays. Returns
/// the bytes of all tensors. Throws Error: what reading the config throws, RequestInvalid (the folder has a model
/// already), FileUnreadable (cannot be written).
std::uint64_t writeSyntheticModel(const SyntheticModelOptions &options,
                                  const std::function<bool(std::uint64_t done, std::uint64_t total)> &progress);

} // namespace engine
