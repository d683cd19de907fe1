#include "engine/model/model_summary.h"

namespace engine::model {

namespace {

std::uint64_t wide(int value)
{
    return static_cast<std::uint64_t>(value);
}

std::uint64_t groupedAttentionParameters(const ModelConfig &config)
{
    const std::uint64_t hidden = wide(config.hidden_size);
    const std::uint64_t queryRows = wide(config.num_attention_heads) * wide(config.head_dim);
    const std::uint64_t keyRows = wide(config.num_key_value_heads) * wide(config.head_dim);
    const std::uint64_t biases = (config.qkv_bias ? queryRows + 2 * keyRows : 0) + (config.output_bias ? hidden : 0);
    const std::uint64_t norms = config.query_key_norm ? 2 * wide(config.head_dim) : 0;
    return 2 * (queryRows + keyRows) * hidden + biases + norms;
}

std::uint64_t latentAttentionParameters(const ModelConfig &config)
{
    const std::uint64_t hidden = wide(config.hidden_size);
    const std::uint64_t heads = wide(config.num_attention_heads);
    const std::uint64_t queryRows = heads * wide(config.qkHeadDim());
    const std::uint64_t rank = wide(config.q_lora_rank);
    const std::uint64_t latent = wide(config.kv_lora_rank);
    const std::uint64_t query = rank == 0 ? queryRows * hidden : rank * hidden + rank + queryRows * rank;
    const std::uint64_t keyValue = wide(config.cacheWidth()) * hidden + latent +
                                   heads * wide(config.qk_nope_head_dim + config.v_head_dim) * latent;
    return query + keyValue + hidden * heads * wide(config.v_head_dim);
}

std::uint64_t mlpParameters(const ModelConfig &config, std::uint64_t width)
{
    return 3 * wide(config.hidden_size) * width;
}

struct LayerCounts {
    std::uint64_t total = 0;
    std::uint64_t active = 0;
};

LayerCounts layerParameters(const ModelConfig &config, int layer)
{
    const std::uint64_t hidden = wide(config.hidden_size);
    const std::uint64_t common =
        2 * hidden + (config.isMla() ? latentAttentionParameters(config) : groupedAttentionParameters(config));
    if (!config.isMoeLayer(layer)) {
        const std::uint64_t dense = common + mlpParameters(config, wide(config.intermediate_size));
        return {dense, dense};
    }
    const std::uint64_t experts = wide(config.n_routed_experts);
    const std::uint64_t expert = mlpParameters(config, wide(config.moe_intermediate_size));
    const std::uint64_t bias = config.topk_method == "noaux_tc" ? experts : 0;
    const std::uint64_t always = common + experts * hidden + bias + wide(config.n_shared_experts) * expert;
    return {always + experts * expert, always + wide(config.num_experts_per_tok) * expert};
}

} // namespace

ParameterCounts countParameters(const ModelConfig &config)
{
    const std::uint64_t hidden = wide(config.hidden_size);
    const std::uint64_t matrix = wide(config.vocab_size) * hidden;
    ParameterCounts counts;
    counts.total = (config.tie_word_embeddings ? matrix : 2 * matrix) + hidden;
    counts.active = counts.total;
    for (int layer = 0; layer < config.num_hidden_layers; ++layer) {
        const LayerCounts parameters = layerParameters(config, layer);
        counts.total += parameters.total;
        counts.active += parameters.active;
    }
    for (int module = 0; module < config.num_nextn_predict_layers; ++module) {
        // enorm, hnorm, shared_head.norm and eh_proj, then the decoder layer
        counts.mtp += 3 * hidden + 2 * hidden * hidden;
        counts.mtp += layerParameters(config, config.num_hidden_layers + module).total;
    }
    return counts;
}

std::uint64_t kvBytesPerToken(const ModelConfig &config, std::uint64_t valueBytes)
{
    return wide(config.num_hidden_layers) * wide(config.cacheWidth()) * valueBytes;
}

ModelInfo summarize(const ModelFiles &files, std::uint64_t cacheValueBytes)
{
    const ModelConfig &config = files.config();
    const ParameterCounts counts = countParameters(config);
    const GenerationDefaults defaults = files.generationDefaults();
    ModelInfo info;
    info.name = files.name();
    info.folder = files.path();
    info.fingerprint = files.fingerprint();
    info.architecture = config.model_type;
    info.quantization = files.quantization();
    info.parametersTotal = counts.total;
    info.parametersActive = counts.active;
    info.parametersMtp = files.hasMtp() ? counts.mtp : 0;
    info.weightBytes = files.diskBytes();
    info.kvBytesPerToken = kvBytesPerToken(config, cacheValueBytes);
    info.contextLength = config.max_position_embeddings;
    info.maxContextLength = config.max_position_embeddings;
    info.vocabSize = config.vocab_size;
    info.layers = config.num_hidden_layers;
    info.hiddenSize = config.hidden_size;
    info.heads = config.num_attention_heads;
    info.kvLoraRank = config.kv_lora_rank;
    for (int layer = 0; layer < config.num_hidden_layers; ++layer) {
        if (config.isMoeLayer(layer)) {
            info.moeLayers.push_back(layer);
        }
    }
    if (!info.moeLayers.empty()) {
        info.routedExperts = config.n_routed_experts;
        info.sharedExperts = config.n_shared_experts;
        info.expertsPerToken = config.num_experts_per_tok;
        info.expertGroups = config.n_group;
        info.groupsPerToken = config.topk_group;
    }
    info.recommendedTemperature = defaults.temperature;
    info.recommendedTopP = defaults.top_p;
    info.recommendedMaxTokens = defaults.max_new_tokens;
    return info;
}

} // namespace engine::model
