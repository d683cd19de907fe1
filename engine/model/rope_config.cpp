#include "engine/model/detail/config_parts.h"
#include "engine/model/detail/message.h"

namespace engine::model {

namespace {

constexpr RealRange thetaRange = {1.0, 1e12}; // YaRN divides by ln(rope_theta)
constexpr double defaultTheta = 10000.0;

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
    yarn.original_max_position_embeddings = rope.integer("original_max_position_embeddings", 1, maxPositions);
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
    yarn.attention_factor = rope.real("attention_factor", {0.0, 100.0}, yarn.attention_factor);
    return yarn;
}

RopeScaling readLinear(const ConfigObject &rope)
{
    RopeScaling linear;
    linear.type = RopeScaling::Type::Linear;
    linear.factor = rope.real("factor", {1.0, 1e6, RealRange::Lowest::Included});
    return linear;
}

RopeScaling readLlama3(const ConfigObject &rope)
{
    RopeScaling llama3;
    llama3.type = RopeScaling::Type::Llama3;
    llama3.factor = rope.real("factor", {1.0, 1e6, RealRange::Lowest::Included});
    llama3.original_max_position_embeddings = rope.integer("original_max_position_embeddings", 1, maxPositions);
    llama3.low_freq_factor = rope.real("low_freq_factor", {0.0, 1e6});
    llama3.high_freq_factor = rope.real("high_freq_factor", {0.0, 1e6});
    if (llama3.high_freq_factor <= llama3.low_freq_factor) {
        rope.failInvalid("high_freq_factor", "must be larger than low_freq_factor");
    }
    return llama3;
}

/// What transformers reads of each kind; attn_factor is in R1-0528-Qwen3's file, and transformers does not read it.
RopeScaling readScaling(const ConfigObject &rope, const ModelConfig &model)
{
    const std::string type = ropeType(rope);
    if (type == "yarn" && model.isMla()) {
        rope.allowKeys({"type", "rope_type", "rope_theta", "factor", "original_max_position_embeddings", "beta_fast",
                        "beta_slow", "mscale", "mscale_all_dim"});
        return readYarn(rope);
    }
    if (type == "yarn") {
        rope.allowKeys({"type", "rope_type", "rope_theta", "factor", "original_max_position_embeddings", "beta_fast",
                        "beta_slow", "mscale", "mscale_all_dim", "attention_factor", "attn_factor"});
        return readYarn(rope);
    }
    if (!model.isMla() && type == "linear") {
        rope.allowKeys({"type", "rope_type", "rope_theta", "factor"});
        return readLinear(rope);
    }
    if (!model.isMla() && type == "llama3") {
        rope.allowKeys({"type", "rope_type", "rope_theta", "factor", "original_max_position_embeddings",
                        "low_freq_factor", "high_freq_factor"});
        return readLlama3(rope);
    }
    const char *key = rope.has("rope_type") ? "rope_type" : "type";
    if (model.isMla()) {
        rope.oneOf(key, {"default", "yarn"}, "default");
    } else {
        rope.oneOf(key, {"default", "linear", "llama3", "yarn"}, "default");
    }
    rope.allowKeys({"type", "rope_type", "rope_theta"});
    return {};
}

} // namespace

void readRope(const ConfigObject &config, ModelConfig &model)
{
    const auto rope = ropeObject(config);
    const bool inside = rope && rope->has("rope_theta");
    const ConfigObject &where = inside ? *rope : config;
    // transformers' default; V3's files always say it.
    model.rope_theta = model.architecture == Architecture::DeepseekV3
                           ? where.real("rope_theta", thetaRange)
                           : where.real("rope_theta", thetaRange, defaultTheta);
    if (inside && config.real("rope_theta", thetaRange, model.rope_theta) != model.rope_theta) {
        config.failInvalid("rope_theta", "contradicts " + rope->field("rope_theta"));
    }
    if (model.isMla()) {
        model.rope_interleave = config.only("rope_interleave", true);
    }
    if (rope) {
        model.rope_scaling = readScaling(*rope, model);
    }
}

} // namespace engine::model
