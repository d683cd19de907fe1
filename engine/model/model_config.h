#pragma once
// config.json and generation_config.json of a Hugging Face model folder. Fields keep the file's own names.

#include "engine/model_info.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace engine::model {

inline constexpr std::uint64_t maxConfigBytes = std::uint64_t{4} << 20; ///< of each of the two files

/// rope_scaling (or rope_type, or rope_parameters of transformers 5). YaRN: arXiv 2309.00071.
struct RopeScaling {
    enum class Type { None, Linear, Llama3, Yarn };
    Type type = Type::None;
    double factor = 1.0;                      ///< at least 1
    int original_max_position_embeddings = 0; ///< tokens
    double beta_fast = 32.0;
    double beta_slow = 1.0;
    /// cos and sin are multiplied by m(mscale)/m(mscale_all_dim), m(k) = 0.1·k·ln(factor) + 1 (1 for factor ≤ 1);
    /// the MLA softmax scale by m(mscale_all_dim)². A file without both keys means 1 and 0.
    double mscale = 1.0;
    double mscale_all_dim = 0.0;
    double attention_factor = 0.0; ///< YaRN: the factor on cos and sin instead; 0 = not given
    double low_freq_factor = 1.0;  ///< Llama 3: wavelengths over original / low are stretched by factor,
    double high_freq_factor = 4.0; ///< those under original / high are kept, between the two is a ramp
    /// Divisors of the frequencies beside all this: Llama 3's scaling as GGUF has it; empty = none.
    std::vector<float> frequency_factors;
};

/// The architectures of the family, named by model_type.
enum class Architecture {
    Llama,      ///< DeepSeek LLM and Coder, R1-Distill-Llama
    Qwen2,      ///< R1-Distill-Qwen
    Qwen3,      ///< R1-0528-Qwen3
    Deepseek,   ///< DeepSeekMoE 16B
    DeepseekV2, ///< V2, V2-Lite, V2.5, Coder-V2
    DeepseekV3, ///< V3, R1, V3.1
};

enum class AttentionKind { GroupedQuery, MultiHeadLatent };

/// quantization_config. Only the storage of F8_E4M3 weights; the dtype of each tensor says whether it is quantized.
struct QuantizationConfig {
    enum class Method { None, Fp8 };
    enum class ScaleFormat { Float, Ue8m0 };
    Method quant_method = Method::None;
    std::array<int, 2> weight_block_size = {128, 128};            ///< rows, columns per scale
    ScaleFormat scale_fmt = ScaleFormat::Float;                   ///< ue8m0: powers of two, still stored as F32
    engine::Activations activations = engine::Activations::Exact; ///< not in the file: see configFor()
};

/// Every value is inside the range given; a config that breaks one is refused with Error ConfigInvalid naming file,
/// field, found value and allowed range. What an architecture does not have stays 0.
struct ModelConfig {
    std::string model_type; ///< "llama", "qwen2", "qwen3", "deepseek", "deepseek_v2", "deepseek_v3"
    Architecture architecture = Architecture::DeepseekV3;
    AttentionKind attention = AttentionKind::MultiHeadLatent;

    int vocab_size = 0;              ///< 1–4,194,304
    int hidden_size = 0;             ///< 1–131,072
    int num_hidden_layers = 0;       ///< 1–1,024, without MTP layers
    int num_attention_heads = 0;     ///< 1–1,024
    int max_position_embeddings = 0; ///< tokens, 1–16,777,216

    // Grouped-query attention.
    int num_key_value_heads = 0; ///< divides num_attention_heads
    int head_dim = 0;            ///< 2–4,096, even; hidden_size / num_attention_heads where the file does not say

    // Multi-head latent attention.
    int q_lora_rank = 0; ///< 0 = null: one q_proj instead of q_a/q_b; else 1–131,072
    int kv_lora_rank = 0;
    int qk_nope_head_dim = 0; ///< 1–4,096
    int qk_rope_head_dim = 0; ///< 2–4,096, even
    int v_head_dim = 0;       ///< 1–4,096

    int intermediate_size = 0;     ///< of dense layers, 1–1,048,576
    int moe_intermediate_size = 0; ///< of one expert, 1–1,048,576
    int first_k_dense_replace = 0; ///< 0–num_hidden_layers; num_hidden_layers in a model without experts
    int moe_layer_freq = 1;        ///< 1–1,024

    int n_routed_experts = 0;    ///< 2–4,096, or 0
    int n_shared_experts = 0;    ///< 0–64; one MLP of width n_shared_experts·moe_intermediate_size
    int num_experts_per_tok = 0; ///< 1–topk_group·n_routed_experts/n_group
    int n_group = 1;             ///< divides n_routed_experts, at least 2 experts in a group
    int topk_group = 1;          ///< 1–n_group
    std::string topk_method;     ///< "greedy", "group_limited_greedy" (V2) or "noaux_tc" (V3)
    std::string scoring_func;    ///< "softmax" or "sigmoid"
    bool norm_topk_prob = true;
    double routed_scaling_factor = 1.0; ///< finite, > 0

    double rms_norm_eps = 1e-6; ///< finite, > 0
    std::string hidden_act;     ///< "silu"
    double rope_theta = 10000.0;
    bool rope_interleave = true; ///< MLA: pairs (2i, 2i+1) of the stored weights; always true here
    bool rope_adjacent = false;  ///< without MLA: such pairs too, in the reordered rows of GGUF's llama; else halves
    RopeScaling rope_scaling;
    bool qkv_bias = false;       ///< q_proj, k_proj and v_proj have biases
    bool output_bias = false;    ///< o_proj has one
    bool query_key_norm = false; ///< q_norm and k_norm over each head before RoPE
    bool tie_word_embeddings = false;

    int num_nextn_predict_layers = 0; ///< MTP modules, 0–16
    QuantizationConfig quantization;

    int bos_token_id = -1;         ///< -1 = not given
    std::vector<int> eos_token_id; ///< a number or a list in the file; empty = not given

    bool isMla() const { return attention == AttentionKind::MultiHeadLatent; }
    bool hasExperts() const { return n_routed_experts > 0; }
    int qkHeadDim() const { return isMla() ? qk_nope_head_dim + qk_rope_head_dim : head_dim; }
    int ropeWidth() const { return isMla() ? qk_rope_head_dim : head_dim; }
    int valueHeadDim() const { return isMla() ? v_head_dim : head_dim; }
    /// Numbers per token and layer in the cache: latent and rotary key, or keys and values of all key-value heads.
    int cacheWidth() const { return isMla() ? kv_lora_rank + qk_rope_head_dim : 2 * num_key_value_heads * head_dim; }
    /// Layer `layer` (from 0; MTP layers continue at num_hidden_layers) has experts.
    bool isMoeLayer(int layer) const
    {
        return hasExperts() && layer >= first_k_dense_replace && layer % moe_layer_freq == 0;
    }
};

/// Recommendations of generation_config.json; negative or empty = not given.
struct GenerationDefaults {
    float temperature = -1.0F;
    float top_p = -1.0F;
    int max_new_tokens = -1;
    std::vector<int> eos_token_id;
};

/// Throws Error: FileMissing, FileUnreadable, FileMalformed (not JSON, duplicate key, over 4 MiB), ConfigInvalid,
/// UnsupportedArchitecture (names model_type and what is supported), UnsupportedFeature.
ModelConfig readModelConfig(const std::string &folder);

/// The file is optional: all "not given" when it is absent. Throws as readModelConfig.
GenerationDefaults readGenerationConfig(const std::string &folder);

} // namespace engine::model
