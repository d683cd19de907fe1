#include "engine/model/model_summary.h"

#include <algorithm>
#include <filesystem>
#include <map>

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

/// A snapshot of the hub cache, models--ORG--NAME/snapshots/<commit>, goes by its repository: "NAME".
std::string folderName(const std::string &folder)
{
    std::error_code error;
    const std::filesystem::path full = std::filesystem::weakly_canonical(folder, error);
    if (error)
        return folder;
    const std::string repository = full.parent_path().parent_path().filename().string();
    if (full.parent_path().filename() == "snapshots" && repository.starts_with("models--"))
        return repository.substr(repository.rfind("--") + 2);
    return full.filename().string();
}

} // namespace

std::string quantizationText(const ModelConfig &config, const Checkpoint &checkpoint)
{
    std::map<std::string, std::uint64_t> bytesByType;
    for (const std::string &name : checkpoint.names()) {
        const memory::Tensor &tensor = checkpoint.tensor(name);
        if (tensor.rank == 2 && !name.ends_with("_scale_inv")) {
            bytesByType[std::string(dtypeName(tensor.dtype))] += tensor.bytes();
        }
    }
    std::vector<std::pair<std::uint64_t, std::string>> types;
    for (const auto &[type, bytes] : bytesByType) {
        types.emplace_back(bytes, type);
    }
    std::sort(types.rbegin(), types.rend());
    std::string text;
    for (const auto &[bytes, type] : types) {
        const auto &block = config.quantization.weight_block_size;
        text += (text.empty() ? "" : " + ") +
                (type == "F8_E4M3" ? "FP8 E4M3 " + std::to_string(block[0]) + "x" + std::to_string(block[1]) : type);
    }
    return text;
}

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

ModelInfo summarize(const ModelConfig &config, const Checkpoint &checkpoint, const std::string &folder,
                    std::uint64_t cacheValueBytes)
{
    const ParameterCounts counts = countParameters(config);
    const std::string mtpName = "model.layers." + std::to_string(config.num_hidden_layers) + ".enorm.weight";
    const GenerationDefaults defaults = readGenerationConfig(folder);
    ModelInfo info;
    info.name = folderName(folder);
    info.folder = folder;
    info.fingerprint = checkpoint.fingerprint();
    info.architecture = config.model_type;
    info.quantization = quantizationText(config, checkpoint);
    info.parametersTotal = counts.total;
    info.parametersActive = counts.active;
    info.parametersMtp = checkpoint.contains(mtpName) ? counts.mtp : 0;
    info.weightBytes = checkpoint.totalBytes();
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
