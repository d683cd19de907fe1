#pragma once
// kv_b_proj of files that have it in two parts, as they are written since spring 2025: attn_k_b, transposed for
// absorption, and attn_v_b.

#include "engine/memory/buffer.h"
#include "engine/memory/tensor.h"
#include "engine/model/gguf_file.h"
#include "engine/model/model_config.h"

#include <cstdint>
#include <string>

namespace engine::model {

struct GgufKeyValueNames {
    std::string key;   ///< attn_k_b [H, kv_lora_rank, nope]
    std::string value; ///< attn_v_b [H, v, kv_lora_rank]
};

/// `joined` is the name of attn_kv_b.
GgufKeyValueNames ggufKeyValueNames(const std::string &joined);

/// F32, F16 or BF16 when both parts have it, which loses nothing; else F32.
memory::DType joinedType(memory::DType key, memory::DType value);

/// kv_b_proj [H·(nope+v), kv_lora_rank] in the joined type: of each head the key rows, then the value rows.
memory::Buffer joinKeyValue(const ModelConfig &config, const memory::Tensor &key, const memory::Tensor &value);

/// How many bytes the joined matrices of all layers take more than their parts in the file; 0 when the file has
/// attn_kv_b.
std::int64_t joinedExcess(const ModelConfig &config, const GgufFile &file);

} // namespace engine::model
