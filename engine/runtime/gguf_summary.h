#pragma once
// What a GGUF file is, from its header alone.

#include "engine/error.h"
#include "engine/model/model_config.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace engine::runtime {

struct GgufSummary {
    std::string architecture;      ///< model_type ("deepseek_v3"), or general.architecture of one that is not supported
    std::string quantization;      ///< "GGUF Q4_K + Q6_K"
    std::uint64_t diskBytes = 0;   ///< of all tensors of all parts
    std::uint64_t weightBytes = 0; ///< as MemoryPlan::weightBytes; 0 if it cannot be opened
    std::uint64_t deviceExcessBytes = 0;      ///< what weightBytes grows by on a device
    std::optional<model::ModelConfig> config; ///< nothing if it cannot be read
    std::optional<Failure> obstacle;          ///< why the model cannot be opened, as far as the header tells
};

/// Reads no tensor and no list of tokens: some milliseconds for a vocabulary of 128,000. `path` as openModelFiles takes
/// a file. Throws Error where the header itself is damaged or a part is missing; Internal when `stop` was requested.
/// Thread contract: any thread.
GgufSummary readGgufSummary(const std::string &path, std::stop_token stop = {});

} // namespace engine::runtime
