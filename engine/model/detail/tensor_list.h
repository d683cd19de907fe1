#pragma once
// The tensors a model has, as a list: what readWeights() asks for.

#include "engine/model/weights.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine::model {

struct TensorSpec {
    std::string name;
    std::vector<std::uint64_t> dims;
    bool mayBeQuantized = false; ///< a projection; the head and eh_proj are not in published checkpoints
};

/// Of a checkpoint that carries the MTP modules with their own copies of embedding and head, as the published ones do.
std::vector<TensorSpec> listTensors(const ModelConfig &config);

} // namespace engine::model
