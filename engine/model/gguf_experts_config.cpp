#include "engine/model/detail/config_parts.h"
#include "engine/model/detail/gguf_config_parts.h"

namespace engine::model {

namespace {

enum GatingFunction { Softmax = 1, Sigmoid = 2 };

struct Groups {
    int count = 1;
    int used = 1;
};

/// Files of before autumn 2025 do not tell the groups. The published models have these, known by their experts: V2 and
/// V2.5 160, V3 and R1 256; V2-Lite and all others have one.
Groups publishedGroups(const ModelConfig &model, bool sigmoid)
{
    if (sigmoid && model.n_routed_experts == 256) {
        return {8, 4};
    }
    if (!sigmoid && model.n_routed_experts == 160) {
        return {8, 3};
    }
    return {};
}

void readGroups(const GgufFields &fields, ModelConfig &model, bool sigmoid)
{
    const Groups absent = publishedGroups(model, sigmoid);
    const int count = fields.integer("expert_group_count", 0, model.n_routed_experts, absent.count);
    model.n_group = count == 0 ? 1 : count;
    if (model.n_routed_experts % model.n_group != 0 || model.n_routed_experts / model.n_group < 2) {
        fields.failInvalid("expert_group_count",
                           "= " + std::to_string(model.n_group) + " does not divide expert_count = " +
                               std::to_string(model.n_routed_experts) + " into groups of 2 or more");
    }
    const bool told = fields.has("expert_group_count");
    if (told && model.n_group > 1) {
        model.topk_group = fields.integer("expert_group_used_count", 1, model.n_group);
    } else {
        model.topk_group = told ? 1 : absent.used;
    }
}

void readLatentRouter(const GgufFields &fields, ModelConfig &model)
{
    // Files of V2 and V2.5 that do not say are older than V3.
    const int gating = fields.integer("expert_gating_func", 0, INT32_MAX, Softmax);
    if (gating > Sigmoid) {
        fields.failUnsupported("expert_gating_func", "= " + std::to_string(gating) +
                                                         " is not supported (supported: 1 = softmax, 2 = sigmoid)");
    }
    const bool sigmoid = gating == Sigmoid;
    readGroups(fields, model, sigmoid);
    if (sigmoid) {
        model.model_type = "deepseek_v3";
        model.architecture = Architecture::DeepseekV3;
        model.topk_method = "noaux_tc";
    } else {
        model.topk_method = model.n_group > 1 ? "group_limited_greedy" : "greedy";
    }
    model.scoring_func = sigmoid ? "sigmoid" : "softmax";
}

} // namespace

void readGgufExperts(const GgufFields &fields, ModelConfig &model)
{
    model.first_k_dense_replace = model.num_hidden_layers;
    if (model.architecture != Architecture::Deepseek && !model.isMla()) {
        if (fields.integer("expert_count", 0, INT32_MAX, 0) > 0) {
            fields.failUnsupported("expert_count", "is not supported in this architecture");
        }
        return;
    }
    model.n_routed_experts = fields.integer("expert_count", 2, 4'096);
    model.moe_intermediate_size = fields.integer("expert_feed_forward_length", 1, maxIntermediate);
    model.first_k_dense_replace = fields.integer("leading_dense_block_count", 0, model.num_hidden_layers, 0);
    model.n_shared_experts = fields.integer("expert_shared_count", 0, 64, 0);
    model.norm_topk_prob = fields.boolean("expert_weights_norm", false);
    const double scale = fields.real("expert_weights_scale", {0.0, 1e6, RealRange::Lowest::Included}, 1.0);
    model.routed_scaling_factor = scale == 0.0 ? 1.0 : scale; // 0: not set
    if (model.isMla()) {
        readLatentRouter(fields, model);
    } else {
        model.topk_method = "greedy";
        model.scoring_func = "softmax";
    }
    const int groupSize = model.n_routed_experts / model.n_group;
    model.num_experts_per_tok = fields.integer("expert_used_count", 1, model.topk_group * groupSize);
}

} // namespace engine::model
