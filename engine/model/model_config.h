#pragma once
// config.json and generation_config.json of a Hugging Face model folder. Fields keep the file's own names.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace engine::model {

inline constexpr std::uint64_t maxConfigBytes = std::uint64_t{4} << 20; ///< of each of the two files

/// rope_scaling (or rope_type, or rope_parameters of transformers 5). YaRN: arXiv 2309.00071.
struct RopeScaling {
    enum class Type { None, Yarn };
    Type type = Type::None;
    double factor = 1.0;
    int original_max_position_embeddings = 0; ///< tokens
    double beta_fast = 32.0;
    double beta_slow = 1.0;
    /// cos and sin are multiplied by m(mscale)/m(mscale_all_dim), m(k) = 0.1·k·ln(factor) + 1 (1 for factor ≤ 1);
    /// the MLA softmax scale by m(mscale_all_dim)². A file without both keys means 1 and 0.
    double mscale = 1.0;
    double mscale_all_dim = 0.0;
};

/// quantization_config. Only the storage of F8_E4M3 weights; the dtype of each tensor says whether it is quantized.
struct QuantizationConfig {
    enum class Method { None, Fp8 };
    enum class ScaleFormat { Float, Ue8m0 };
    Method quant_method = Method::None;
    std::array<int, 2> weight_block_size = {128, 128}; ///< rows, columns per scale
    ScaleFormat scale_fmt = ScaleFormat::Float;        ///< ue8m0: powers of two, still stored as F32
};

/// deepseek_v3. Every value is inside the range given; a config that breaks one is refused with
/// Error ConfigInvalid naming file, field, found value and allowed range.
struct ModelConfig {
    std::string model_type; ///< "deepseek_v3"

    int vocab_size = 0;              ///< 1–4,194,304
    int hidden_size = 0;             ///< 1–131,072
    int num_hidden_layers = 0;       ///< 1–1,024, without MTP layers
    int num_attention_heads = 0;     ///< 1–1,024
    int max_position_embeddings = 0; ///< tokens, 1–16,777,216

    int q_lora_rank = 0; ///< 0 = null: one q_proj instead of q_a/q_b; else 1–131,072
    int kv_lora_rank = 0;
    int qk_nope_head_dim = 0; ///< 1–4,096
    int qk_rope_head_dim = 0; ///< 2–4,096, even
    int v_head_dim = 0;       ///< 1–4,096

    int intermediate_size = 0;     ///< of dense layers, 1–1,048,576
    int moe_intermediate_size = 0; ///< of one expert, 1–1,048,576
    int first_k_dense_replace = 0; ///< 0–num_hidden_layers
    int moe_layer_freq = 1;        ///< 1–1,024

    int n_routed_experts = 0;    ///< 2–4,096
    int n_shared_experts = 0;    ///< 0–64; one MLP of width n_shared_experts·moe_intermediate_size
    int num_experts_per_tok = 0; ///< 1–topk_group·n_routed_experts/n_group
    int n_group = 1;             ///< divides n_routed_experts, at least 2 experts in a group
    int topk_group = 1;          ///< 1–n_group
    std::string topk_method;     ///< "noaux_tc"
    std::string scoring_func;    ///< "sigmoid"
    bool norm_topk_prob = true;
    double routed_scaling_factor = 1.0; ///< finite, > 0

    double rms_norm_eps = 1e-6; ///< finite, > 0
    std::string hidden_act;     ///< "silu"
    double rope_theta = 10000.0;
    bool rope_interleave = true; ///< pairs (2i, 2i+1) of the stored weights; always true here
    RopeScaling rope_scaling;
    bool attention_bias = false; ///< always false here
    bool tie_word_embeddings = false;

    int num_nextn_predict_layers = 0; ///< MTP modules, 0–16
    QuantizationConfig quantization;

    int bos_token_id = -1;         ///< -1 = not given
    std::vector<int> eos_token_id; ///< a number or a list in the file; empty = not given

    int qkHeadDim() const { return qk_nope_head_dim + qk_rope_head_dim; }
    int cacheWidth() const { return kv_lora_rank + qk_rope_head_dim; } ///< numbers per token and layer in the MLA cache
    /// Layer `layer` (from 0; MTP layers continue at num_hidden_layers) has experts.
    bool isMoeLayer(int layer) const { return layer >= first_k_dense_replace && layer % moe_layer_freq == 0; }
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
