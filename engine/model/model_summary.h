#pragma once
// What the user is told about a model, from its config and weight headers.

#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"
#include "engine/model_info.h"

#include <cstdint>
#include <string>

namespace engine::model {

/// RMSNorm weights, router bias, embedding and head counted; FP8 scales not. Head counted once when tied.
struct ParameterCounts {
    std::uint64_t total = 0;  ///< without MTP; V3: 671,026,419,200
    std::uint64_t active = 0; ///< of these, used for one token; V3: 37,552,297,472
    std::uint64_t mtp = 0;    ///< all MTP modules without their copies of embedding and head; V3: 11,610,068,224
};
ParameterCounts countParameters(const ModelConfig &config);

/// Element types of the matrices, the one with most bytes first: "FP8 E4M3 128x128 + BF16".
std::string quantizationText(const ModelConfig &config, const Checkpoint &checkpoint);

/// Latent MLA cache of the main layers: layers·(kv_lora_rank + qk_rope_head_dim)·valueBytes. V3 in BF16: 70,272.
std::uint64_t kvBytesPerToken(const ModelConfig &config, std::uint64_t valueBytes);

/// Fills everything that the chat template does not decide (family_defaults.h). `cacheValueBytes`: bytes of one number
/// in the KV cache (2 = BF16, 4 = F32). Reads generation_config.json; throws as readGenerationConfig and
/// Checkpoint::fingerprint.
ModelInfo summarize(const ModelConfig &config, const Checkpoint &checkpoint, const std::string &folder,
                    std::uint64_t cacheValueBytes = 2);

} // namespace engine::model
