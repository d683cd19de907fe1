#pragma once
// The tensors of a model by role, every shape and dtype checked against the config.
// Names and shapes as in the checkpoint (deepseek-ai/DeepSeek-V3 README_WEIGHTS.md); D = hidden_size, H = heads.

#include "engine/memory/tensor.h"
#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"

#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

namespace engine::model {

/// y = W·x + b. bias [out] is empty in most layers of most models. weight [out, in] is F32, BF16, F16 or F8_E4M3. For
/// F8_E4M3, scale is F32 [ceil(out/128), ceil(in/128)] (the file's weight_scale_inv) and multiplies; else it is empty.
struct Linear {
    memory::Tensor weight;
    memory::Tensor scale;
    memory::Tensor bias;

    bool empty() const { return weight.empty(); }
    std::uint64_t rows() const { return weight.rows(); }
    std::uint64_t cols() const { return weight.cols(); }
};

/// down(SiLU(gate x) ⊙ up x)
struct MlpWeights {
    Linear gate_proj; ///< [F, D]
    Linear up_proj;   ///< [F, D]
    Linear down_proj; ///< [D, F]
};

/// d = head_dim, K = num_key_value_heads
struct GroupedQueryWeights {
    Linear q_proj;         ///< [H·d, D]
    Linear k_proj;         ///< [K·d, D]
    Linear v_proj;         ///< [K·d, D]
    Linear o_proj;         ///< [D, H·d]
    memory::Tensor q_norm; ///< [d]; empty unless query_key_norm
    memory::Tensor k_norm; ///< [d]; the same
};

struct LatentAttentionWeights {
    Linear q_proj;                 ///< [H·(nope+rope), D]; empty when q_lora_rank > 0
    Linear q_a_proj;               ///< [q_lora_rank, D]; this and the next two empty when q_lora_rank = 0
    memory::Tensor q_a_layernorm;  ///< [q_lora_rank]
    Linear q_b_proj;               ///< [H·(nope+rope), q_lora_rank]; in a head: nope rows, then rope rows
    Linear kv_a_proj_with_mqa;     ///< [kv_lora_rank + rope, D]
    memory::Tensor kv_a_layernorm; ///< [kv_lora_rank]
    Linear kv_b_proj;              ///< [H·(nope+v), kv_lora_rank]; in a head: key rows, then value rows
    Linear o_proj;                 ///< [D, H·v]
};

struct MoeWeights {
    memory::Tensor gate;                    ///< [E, D], F32, BF16 or F16
    memory::Tensor e_score_correction_bias; ///< [E], F32, BF16 or F16; to be used in F32; noaux_tc only
    std::vector<MlpWeights> experts;        ///< E of width moe_intermediate_size
    MlpWeights shared_experts; ///< width n_shared_experts·moe_intermediate_size; empty when there are none
};

struct LayerWeights {
    memory::Tensor input_layernorm;                                      ///< [D]
    std::variant<LatentAttentionWeights, GroupedQueryWeights> self_attn; ///< ModelConfig::attention
    memory::Tensor post_attention_layernorm;                             ///< [D]
    std::variant<MlpWeights, MoeWeights> mlp;                            ///< dense or experts: ModelConfig::isMoeLayer
};

/// Module k of multi-token prediction, checkpoint layer num_hidden_layers + k.
struct MtpWeights {
    memory::Tensor enorm;            ///< [D]
    memory::Tensor hnorm;            ///< [D]
    Linear eh_proj;                  ///< [D, 2D]: embedding first, then hidden state
    memory::Tensor embed_tokens;     ///< [vocab, D]; the main one when the file has no copy
    Linear shared_head_head;         ///< [vocab, D]; lm_head when the file has no copy
    memory::Tensor shared_head_norm; ///< [D]
    LayerWeights layer;
};

struct Weights {
    memory::Tensor embed_tokens; ///< [vocab, D], F32, BF16 or F16
    std::vector<LayerWeights> layers;
    memory::Tensor norm; ///< [D]
    Linear lm_head;      ///< [vocab, D]; embed_tokens when tie_word_embeddings
    /// num_nextn_predict_layers modules, or none when the file carries no tensor of any of them (converters drop them).
    std::vector<MtpWeights> mtp;
};

/// Where the tensors of a model come from, by name. Shapes are those the config asks for.
class TensorSource {
public:
    virtual ~TensorSource() = default;
    virtual bool contains(const std::string &name) const = 0;
    /// A norm weight, a bias, the embedding or the router.
    virtual memory::Tensor plain(const std::string &name, std::initializer_list<std::uint64_t> dims) = 0;
    /// A weight [rows, cols] that may be quantized.
    virtual Linear linear(const std::string &name, std::uint64_t rows, std::uint64_t cols) = 0;
    /// A name the engine does not know how to use.
    virtual void refuse(const std::string &name, const std::string &why) const = 0;
};

/// Asks `source` for every tensor of the model, in the order of the forward pass.
Weights readWeights(const ModelConfig &config, TensorSource &source);

/// Norms are F32, BF16 or F16. The views point into `checkpoint`. Throws Error TensorMissing, TensorUnexpected (both
/// list up to 5 names and the count), TensorMismatch (tensor, found, expected), NonFinite (tensor and first index).
/// Norms, biases and scales are always scanned for NaN and infinity; everything when the weights have at most 256 MiB.
Weights resolveWeights(const ModelConfig &config, const Checkpoint &checkpoint);

} // namespace engine::model
