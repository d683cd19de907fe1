#pragma once
// Complete little models in GGUF, tokenizer and chat template of R1 included.

#include "tests/engine/support/gguf_writer.h"

#include <nlohmann/json.hpp>

#include <string>

namespace support {

enum class TinyGgufKind {
    Llama,  ///< F32 and Q8_0, with rope_freqs
    Qwen3,  ///< tied, YaRN
    Joined, ///< deepseek2 with softmax gate and attn_kv_b
    Split,  ///< deepseek2 with sigmoid gate, groups, attn_k_b and attn_v_b
};

/// The same kind gives the same bytes on every machine. Two layers, of which the second has experts in deepseek2.
GgufWriter makeTinyGguf(TinyGgufKind kind);

/// tokenizer.ggml.* as the converter of llama.cpp writes them for a tokenizer.json and its tokenizer_config.json,
/// filled up to `rows` tokens.
void addTokenizer(GgufWriter &writer, const nlohmann::ordered_json &tokenizer, const nlohmann::ordered_json &config,
                  const std::string &rule, std::size_t rows);

} // namespace support
