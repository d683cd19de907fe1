#include "engine/model/detail/config_parts.h"

namespace engine::model {

namespace {

/// DeepSeekMoE 16B has no groups; V2 and V3 may have.
void readGroups(const ConfigObject &config, ModelConfig &model)
{
    model.n_group = config.integer("n_group", 1, model.n_routed_experts, 1);
    const int groupSize = model.n_routed_experts / model.n_group;
    if (model.n_routed_experts % model.n_group != 0 || groupSize < 2) {
        config.failInvalid("n_group", "= " + std::to_string(model.n_group) + " does not divide n_routed_experts = " +
                                          std::to_string(model.n_routed_experts) + " into groups of 2 or more");
    }
    model.topk_group = config.integer("topk_group", 1, model.n_group, 1);
}

void readDeepseekRouter(const ConfigObject &config, ModelConfig &model)
{
    // The released configuration has no such field and plain top-k; one that names a method means another model.
    model.topk_method = config.oneOf("topk_method", {"greedy"}, "greedy");
    model.scoring_func = config.oneOf("scoring_func", {"softmax"}, "softmax");
    model.norm_topk_prob = config.boolean("norm_topk_prob", false);
}

void readV2Router(const ConfigObject &config, ModelConfig &model)
{
    model.topk_method = config.oneOf("topk_method", {"greedy", "group_limited_greedy"}, "greedy");
    model.scoring_func = config.oneOf("scoring_func", {"softmax"}, "softmax");
    model.norm_topk_prob = config.boolean("norm_topk_prob", false);
    model.routed_scaling_factor = config.real("routed_scaling_factor", {0.0, 1e6}, 1.0);
    if (model.topk_method == "group_limited_greedy") {
        readGroups(config, model);
    }
}

void readV3Router(const ConfigObject &config, ModelConfig &model)
{
    model.topk_method = config.oneOf("topk_method", {"noaux_tc"}, "noaux_tc");
    model.scoring_func = config.oneOf("scoring_func", {"sigmoid"}, "sigmoid");
    model.norm_topk_prob = config.boolean("norm_topk_prob");
    model.routed_scaling_factor = config.real("routed_scaling_factor", {0.0, 1e6});
    config.integer("n_group", 1, model.n_routed_experts); // must be there: one group is not a safe guess
    config.integer("topk_group", 1, model.n_routed_experts);
    readGroups(config, model);
}

} // namespace

void readExperts(const ConfigObject &config, ModelConfig &model)
{
    model.first_k_dense_replace = model.num_hidden_layers;
    const bool dense = model.architecture == Architecture::Llama || model.architecture == Architecture::Qwen2 ||
                       model.architecture == Architecture::Qwen3;
    const bool optional = model.architecture != Architecture::DeepseekV3;
    if (dense || (optional && !config.has("n_routed_experts"))) {
        return;
    }
    model.n_routed_experts = config.integer("n_routed_experts", 2, 4'096);
    model.moe_intermediate_size = config.integer("moe_intermediate_size", 1, maxIntermediate);
    model.first_k_dense_replace = optional ? config.integer("first_k_dense_replace", 0, model.num_hidden_layers, 0)
                                           : config.integer("first_k_dense_replace", 0, model.num_hidden_layers);
    model.moe_layer_freq = config.integer("moe_layer_freq", 1, 1'024, 1);
    model.n_shared_experts = config.integer("n_shared_experts", 0, 64, 0);
    switch (model.architecture) {
    case Architecture::Deepseek:
        readDeepseekRouter(config, model);
        break;
    case Architecture::DeepseekV2:
        readV2Router(config, model);
        break;
    default:
        readV3Router(config, model);
        break;
    }
    // The limit is the number of experts in the kept groups: more could not be chosen.
    const int groupSize = model.n_routed_experts / model.n_group;
    model.num_experts_per_tok = config.integer("num_experts_per_tok", 1, model.topk_group * groupSize);
}

} // namespace engine::model
