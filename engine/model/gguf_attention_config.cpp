#include "engine/model/detail/config_parts.h"
#include "engine/model/detail/gguf_config_parts.h"

namespace engine::model {

namespace {

void requireEqual(const GgufFields &fields, const std::string &key, int found, int wanted, const std::string &why)
{
    if (found != wanted) {
        fields.failInvalid(key,
                           "= " + std::to_string(found) + ", but must be " + std::to_string(wanted) + " (" + why + ")");
    }
}

int headDim(const GgufFields &fields, const ModelConfig &model)
{
    const int heads = model.num_attention_heads;
    if (!fields.has("attention.key_length") && model.hidden_size % heads != 0) {
        fields.failInvalid("attention.key_length",
                           "is missing, and embedding_length = " + std::to_string(model.hidden_size) +
                               " is no multiple of attention.head_count = " + std::to_string(heads));
    }
    const int width = fields.integer("attention.key_length", 2, maxHeadDim, model.hidden_size / heads);
    if (width < 2 || width > maxHeadDim || width % 2 != 0) {
        fields.failInvalid("attention.key_length",
                           "= " + std::to_string(width) +
                               " is not allowed; rotary dimensions come in pairs (allowed: even, 2–4096)");
    }
    requireEqual(fields, "attention.value_length", fields.integer("attention.value_length", 1, maxHeadDim, width),
                 width, "attention.key_length");
    return width;
}

void readGroupedAttention(const GgufFields &fields, ModelConfig &model)
{
    const int heads = model.num_attention_heads;
    model.num_key_value_heads = fields.integer("attention.head_count_kv", 1, heads, heads);
    if (heads % model.num_key_value_heads != 0) {
        fields.failInvalid("attention.head_count_kv",
                           "= " + std::to_string(model.num_key_value_heads) +
                               " does not divide attention.head_count = " + std::to_string(heads));
    }
    model.head_dim = headDim(fields, model);
    // The converter reorders the rows of q and k of these two so that pairs stand side by side.
    model.rope_adjacent = model.architecture == Architecture::Llama || model.architecture == Architecture::Deepseek;
    model.query_key_norm = model.architecture == Architecture::Qwen3;
    model.qkv_bias = model.architecture == Architecture::Qwen2 || fields.file().contains("blk.0.attn_q.bias");
    model.output_bias = fields.file().contains("blk.0.attn_output.bias");
}

/// Since spring 2025 key_length and value_length describe what is cached, and the keys with _mla the heads; the tensors
/// are split then. Before, they described the heads.
void readLatentAttention(const GgufFields &fields, ModelConfig &model)
{
    const bool split = fields.has("attention.key_length_mla");
    const std::string keyLength = split ? "attention.key_length_mla" : "attention.key_length";
    const std::string valueLength = split ? "attention.value_length_mla" : "attention.value_length";
    model.q_lora_rank = fields.integer("attention.q_lora_rank", 0, maxWidth, 0);
    model.kv_lora_rank = fields.integer("attention.kv_lora_rank", 1, maxWidth);
    model.qk_rope_head_dim = fields.integer("rope.dimension_count", 2, maxHeadDim);
    if (model.qk_rope_head_dim % 2 != 0) {
        fields.failInvalid("rope.dimension_count",
                           "= " + std::to_string(model.qk_rope_head_dim) +
                               " is odd; rotary dimensions come in pairs (allowed: even, 2–4096)");
    }
    const int head = fields.integer(keyLength, model.qk_rope_head_dim + 1, 2 * maxHeadDim);
    model.qk_nope_head_dim = head - model.qk_rope_head_dim;
    model.v_head_dim = fields.integer(valueLength, 1, maxHeadDim);
    if (split) {
        const int cached = model.kv_lora_rank + model.qk_rope_head_dim;
        requireEqual(fields, "attention.key_length", fields.integer("attention.key_length", 1, 2 * maxWidth, cached),
                     cached, "attention.kv_lora_rank + rope.dimension_count");
        requireEqual(fields, "attention.value_length",
                     fields.integer("attention.value_length", 1, maxWidth, model.kv_lora_rank), model.kv_lora_rank,
                     "attention.kv_lora_rank");
    }
    const int kvHeads = split ? 1 : model.num_attention_heads;
    requireEqual(fields, "attention.head_count_kv", fields.integer("attention.head_count_kv", 1, maxHeads, kvHeads),
                 kvHeads, split ? "one shared latent" : "attention.head_count");
}

} // namespace

void readGgufAttention(const GgufFields &fields, ModelConfig &model)
{
    if (model.isMla()) {
        readLatentAttention(fields, model);
    } else {
        readGroupedAttention(fields, model);
    }
}

} // namespace engine::model
