#pragma once
// model.safetensors.index.json: which shard holds which tensor.

#include "engine/model/model_folder.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace engine::model {

struct ShardIndex {
    std::unordered_map<std::string, std::string> weightMap; ///< tensor → shard
    std::vector<std::string> shards;                        ///< distinct names, sorted
};

/// Shard names are plain names in the folder, [A-Za-z0-9._-]{1,240}.safetensors. metadata.total_size is not used: the
/// headers say how many bytes there are. Throws as ModelFolder::readText, and Error FileMalformed.
ShardIndex readShardIndex(const ModelFolder &folder, const std::string &name);

} // namespace engine::model
