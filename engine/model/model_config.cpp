#include "engine/model/model_config.h"

#include "engine/error.h"
#include "engine/model/detail/config_object.h"
#include "engine/model/detail/message.h"
#include "engine/model/json_reader.h"
#include "engine/model/model_folder.h"

#include <algorithm>

namespace engine::model {

namespace {

constexpr int maxTokens = 1 << 24;
constexpr int maxWidth = 131'072;
constexpr int maxIntermediate = 1'048'576;
constexpr int maxHeadDim = 4'096;
constexpr int maxVocab = 4'194'304;
constexpr RealRange thetaRange = {1.0, 1e12}; // YaRN divides by ln(rope_theta)

nlohmann::json readObject(const ModelFolder &folder, const std::string &name)
{
    nlohmann::json document = readJsonFile(folder, name, maxConfigBytes);
    if (!document.is_object()) {
        const std::string file = folder.fileName(name);
        throw Error(ErrorCode::FileMalformed, file, {}, file + ": is not a JSON object.");
    }
    return document;
}

void requireArchitecture(const ConfigObject &config)
{
    const std::string type = config.text("model_type");
    const std::vector<std::string> classes = config.texts("architectures");
    if (type != "deepseek_v3") {
        throw Error(ErrorCode::UnsupportedArchitecture, config.file(), "model_type",
                    config.file() + ": model_type = \"" + printable(type) +
                        "\" is not supported (supported: \"deepseek_v3\").");
    }
    if (!classes.empty() && std::find(classes.begin(), classes.end(), "DeepseekV3ForCausalLM") == classes.end()) {
        throw Error(ErrorCode::UnsupportedArchitecture, config.file(), "architectures",
                    config.file() + ": architectures names " + upToFive(classes) +
                        ", which is not supported (supported: 'DeepseekV3ForCausalLM').");
    }
}

void readDimensions(const ConfigObject &config, ModelConfig &model)
{
    model.vocab_size = config.integer("vocab_size", 1, maxVocab);
    model.hidden_size = config.integer("hidden_size", 1, maxWidth);
    model.num_hidden_layers = config.integer("num_hidden_layers", 1, 1'024);
    model.num_attention_heads = config.integer("num_attention_heads", 1, 1'024);
    model.max_position_embeddings = config.integer("max_position_embeddings", 1, maxTokens);
    model.q_lora_rank = config.integer("q_lora_rank", 0, maxWidth, 0);
    model.kv_lora_rank = config.integer("kv_lora_rank", 1, maxWidth);
    model.qk_nope_head_dim = config.integer("qk_nope_head_dim", 1, maxHeadDim);
    model.qk_rope_head_dim = config.integer("qk_rope_head_dim", 2, maxHeadDim);
    model.v_head_dim = config.integer("v_head_dim", 1, maxHeadDim);
    model.intermediate_size = config.integer("intermediate_size", 1, maxIntermediate);
    model.num_nextn_predict_layers = config.integer("num_nextn_predict_layers", 0, 16, 0);
    if (model.qk_rope_head_dim % 2 != 0) {
        config.failInvalid("qk_rope_head_dim", "= " + std::to_string(model.qk_rope_head_dim) +
                                                   " is odd; rotary dimensions come in pairs (allowed: even, 2–4096)");
    }
    // MLA has no key-value heads; the field exists for the common interface and must not say something else.
    const int heads = model.num_attention_heads;
    const int kvHeads = config.integer("num_key_value_heads", 1, 1'024, heads);
    if (kvHeads != heads) {
        config.failInvalid("num_key_value_heads", "= " + std::to_string(kvHeads) +
                                                      " differs from num_attention_heads = " + std::to_string(heads) +
                                                      ", which MLA does not allow");
    }
}

void readExperts(const ConfigObject &config, ModelConfig &model)
{
    model.moe_intermediate_size = config.integer("moe_intermediate_size", 1, maxIntermediate);
    model.first_k_dense_replace = config.integer("first_k_dense_replace", 0, model.num_hidden_layers);
    model.moe_layer_freq = config.integer("moe_layer_freq", 1, 1'024, 1);
    model.n_routed_experts = config.integer("n_routed_experts", 2, 4'096);
    model.n_shared_experts = config.integer("n_shared_experts", 0, 64, 0);
    model.n_group = config.integer("n_group", 1, model.n_routed_experts);
    const int groupSize = model.n_routed_experts / model.n_group;
    if (model.n_routed_experts % model.n_group != 0 || groupSize < 2) {
        config.failInvalid("n_group", "= " + std::to_string(model.n_group) + " does not divide n_routed_experts = " +
                                          std::to_string(model.n_routed_experts) + " into groups of 2 or more");
    }
    model.topk_group = config.integer("topk_group", 1, model.n_group);
    // The limit is the number of experts in the kept groups: more could not be chosen.
    model.num_experts_per_tok = config.integer("num_experts_per_tok", 1, model.topk_group * groupSize);
    model.topk_method = config.oneOf("topk_method", {"noaux_tc"}, "noaux_tc");
    model.scoring_func = config.oneOf("scoring_func", {"sigmoid"}, "sigmoid");
    model.norm_topk_prob = config.boolean("norm_topk_prob");
    model.routed_scaling_factor = config.real("routed_scaling_factor", {0.0, 1e6});
}

/// transformers 4 keeps rope_theta beside rope_scaling, transformers 5 puts both into rope_parameters.
std::optional<ConfigObject> ropeObject(const ConfigObject &config)
{
    const auto scaling = config.object("rope_scaling");
    const auto parameters = config.object("rope_parameters");
    if (scaling && parameters) {
        config.failInvalid("rope_parameters", "and rope_scaling are both given; only one of them is allowed");
    }
    return scaling ? scaling : parameters;
}

std::string ropeType(const ConfigObject &rope)
{
    const std::string type = rope.text("rope_type", rope.text("type", "default"));
    if (rope.has("type") && rope.text("type") != type) {
        rope.failInvalid("type", "= \"" + printable(rope.text("type")) + "\" contradicts rope_type = \"" +
                                     printable(type) + "\"");
    }
    return type;
}

RopeScaling readYarn(const ConfigObject &rope)
{
    RopeScaling yarn;
    yarn.type = RopeScaling::Type::Yarn;
    yarn.factor = rope.real("factor", {1.0, 1e6, RealRange::Lowest::Included});
    yarn.original_max_position_embeddings = rope.integer("original_max_position_embeddings", 1, maxTokens);
    yarn.beta_fast = rope.real("beta_fast", {0.0, 1e6}, yarn.beta_fast);
    yarn.beta_slow = rope.real("beta_slow", {0.0, 1e6}, yarn.beta_slow);
    if (yarn.beta_fast <= yarn.beta_slow) {
        rope.failInvalid("beta_fast", "must be larger than beta_slow");
    }
    // One without the other is read differently by different programs.
    if (rope.has("mscale") != rope.has("mscale_all_dim")) {
        rope.failInvalid(rope.has("mscale") ? "mscale_all_dim" : "mscale",
                         "is missing; mscale and mscale_all_dim are needed together");
    }
    yarn.mscale = rope.real("mscale", {0.0, 100.0}, yarn.mscale);
    yarn.mscale_all_dim = rope.real("mscale_all_dim", {0.0, 100.0}, yarn.mscale_all_dim);
    return yarn;
}

void readRope(const ConfigObject &config, ModelConfig &model)
{
    const auto rope = ropeObject(config);
    const bool inside = rope && rope->has("rope_theta");
    model.rope_theta = (inside ? *rope : config).real("rope_theta", thetaRange);
    if (inside && config.real("rope_theta", thetaRange, model.rope_theta) != model.rope_theta) {
        config.failInvalid("rope_theta", "contradicts " + rope->field("rope_theta"));
    }
    model.rope_interleave = config.only("rope_interleave", true);
    if (!rope) {
        return;
    }
    if (ropeType(*rope) == "default") {
        rope->allowKeys({"type", "rope_type", "rope_theta"});
        return;
    }
    rope->oneOf(rope->has("rope_type") ? "rope_type" : "type", {"default", "yarn"}, "default");
    rope->allowKeys({"type", "rope_type", "rope_theta", "factor", "original_max_position_embeddings", "beta_fast",
                     "beta_slow", "mscale", "mscale_all_dim"});
    model.rope_scaling = readYarn(*rope);
}

QuantizationConfig readQuantization(const ConfigObject &config)
{
    QuantizationConfig result;
    const auto quantization = config.object("quantization_config");
    if (!quantization) {
        return result;
    }
    quantization->text("quant_method"); // must be there: a default would guess
    quantization->oneOf("quant_method", {"fp8"}, {});
    quantization->oneOf("fmt", {"e4m3"}, "e4m3");
    quantization->oneOf("activation_scheme", {"dynamic"}, "dynamic");
    result.quant_method = QuantizationConfig::Method::Fp8;
    const std::vector<int> block = quantization->integers("weight_block_size", 1, maxIntermediate);
    if (block != std::vector<int>{128, 128}) {
        quantization->failUnsupported("weight_block_size", "is not supported (supported: [128, 128])");
    }
    if (quantization->oneOf("scale_fmt", {"float", "ue8m0"}, "float") == "ue8m0") {
        result.scale_fmt = QuantizationConfig::ScaleFormat::Ue8m0;
    }
    return result;
}

} // namespace

ModelConfig readModelConfig(const std::string &folder)
{
    const ModelFolder files(folder);
    const nlohmann::json document = readObject(files, "config.json");
    const ConfigObject config(document, files.fileName("config.json"));
    requireArchitecture(config);

    ModelConfig model;
    model.model_type = "deepseek_v3";
    readDimensions(config, model);
    readExperts(config, model);
    readRope(config, model);
    model.rms_norm_eps = config.real("rms_norm_eps", {0.0, 1.0});
    model.hidden_act = config.oneOf("hidden_act", {"silu"}, "silu");
    model.attention_bias = config.only("attention_bias", false);
    model.tie_word_embeddings = config.boolean("tie_word_embeddings", false);
    model.quantization = readQuantization(config);
    model.bos_token_id = config.integer("bos_token_id", 0, model.vocab_size - 1, -1);
    model.eos_token_id = config.integers("eos_token_id", 0, model.vocab_size - 1);
    return model;
}

GenerationDefaults readGenerationConfig(const std::string &folder)
{
    const ModelFolder files(folder);
    GenerationDefaults defaults;
    if (!files.contains("generation_config.json")) {
        return defaults;
    }
    const nlohmann::json document = readObject(files, "generation_config.json");
    const ConfigObject config(document, files.fileName("generation_config.json"));
    const auto optionalReal = [&config](const char *key, RealRange range) {
        return static_cast<float>(config.real(key, range, -1.0));
    };
    defaults.temperature = optionalReal("temperature", {0.0, 100.0, RealRange::Lowest::Included});
    defaults.top_p = optionalReal("top_p", {0.0, 1.0});
    defaults.max_new_tokens = config.integer("max_new_tokens", 1, maxTokens, -1);
    defaults.eos_token_id = config.integers("eos_token_id", 0, maxVocab - 1);
    return defaults;
}

} // namespace engine::model
