#include "engine/model/detail/config_parts.h"

namespace engine::model {

namespace {

void readLatentAttention(const ConfigObject &config, ModelConfig &model)
{
    model.q_lora_rank = config.integer("q_lora_rank", 0, maxWidth, 0);
    model.kv_lora_rank = config.integer("kv_lora_rank", 1, maxWidth);
    model.qk_nope_head_dim = config.integer("qk_nope_head_dim", 1, maxHeadDim);
    model.qk_rope_head_dim = config.integer("qk_rope_head_dim", 2, maxHeadDim);
    model.v_head_dim = config.integer("v_head_dim", 1, maxHeadDim);
    if (model.qk_rope_head_dim % 2 != 0) {
        config.failInvalid("qk_rope_head_dim", "= " + std::to_string(model.qk_rope_head_dim) +
                                                   " is odd; rotary dimensions come in pairs (allowed: even, 2–4096)");
    }
    // MLA has no key-value heads; the field exists for the common interface and must not say something else.
    const int heads = model.num_attention_heads;
    const int kvHeads = config.integer("num_key_value_heads", 1, maxHeads, heads);
    if (kvHeads != heads) {
        config.failInvalid("num_key_value_heads", "= " + std::to_string(kvHeads) +
                                                      " differs from num_attention_heads = " + std::to_string(heads) +
                                                      ", which MLA does not allow");
    }
    config.only("attention_bias", false);
}

int defaultHeadDim(const ConfigObject &config, const ModelConfig &model)
{
    if (model.architecture == Architecture::Qwen3) {
        return 128; // transformers' default, which is not hidden_size / heads
    }
    if (model.hidden_size % model.num_attention_heads != 0) {
        config.failInvalid("head_dim",
                           "is missing, and hidden_size = " + std::to_string(model.hidden_size) +
                               " is no multiple of num_attention_heads = " + std::to_string(model.num_attention_heads));
    }
    return model.hidden_size / model.num_attention_heads;
}

void readKeyValueHeads(const ConfigObject &config, ModelConfig &model)
{
    const int heads = model.num_attention_heads;
    model.num_key_value_heads = config.integer("num_key_value_heads", 1, heads, heads);
    if (heads % model.num_key_value_heads != 0) {
        config.failInvalid("num_key_value_heads",
                           "= " + std::to_string(model.num_key_value_heads) +
                               " does not divide num_attention_heads = " + std::to_string(heads));
    }
    model.head_dim = config.has("head_dim") ? config.integer("head_dim", 2, maxHeadDim) : defaultHeadDim(config, model);
    if (model.head_dim < 2 || model.head_dim > maxHeadDim || model.head_dim % 2 != 0) {
        config.failInvalid("head_dim", "= " + std::to_string(model.head_dim) +
                                           " is not allowed; rotary dimensions come in pairs (allowed: even, 2–4096)");
    }
}

/// Fields that would change the result and are off in every model of the family.
void refuseVariants(const ConfigObject &config)
{
    config.only("use_sliding_window", false);
    config.only("mlp_bias", false);
    if (config.real("partial_rotary_factor", {0.0, 1.0}, 1.0) != 1.0) {
        config.failUnsupported("partial_rotary_factor", "other than 1 is not supported");
    }
    for (const std::string &type : config.texts("layer_types")) {
        if (type != "full_attention") {
            config.failUnsupported("layer_types", "names layers without full attention, which are not supported");
        }
    }
}

void readGroupedAttention(const ConfigObject &config, ModelConfig &model)
{
    readKeyValueHeads(config, model);
    refuseVariants(config);
    if (model.architecture == Architecture::Qwen2) {
        model.qkv_bias = true; // whatever the file says: transformers does not ask it
        return;
    }
    model.qkv_bias = config.boolean("attention_bias", false);
    model.output_bias = model.qkv_bias;
    model.query_key_norm = model.architecture == Architecture::Qwen3;
}

} // namespace

void readAttention(const ConfigObject &config, ModelConfig &model)
{
    if (model.isMla()) {
        readLatentAttention(config, model);
    } else {
        readGroupedAttention(config, model);
    }
}

} // namespace engine::model
