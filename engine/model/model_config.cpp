#include "engine/model/model_config.h"

#include "engine/error.h"
#include "engine/model/detail/config_object.h"
#include "engine/model/detail/config_parts.h"
#include "engine/model/detail/message.h"
#include "engine/model/json_reader.h"
#include "engine/model/model_folder.h"

#include <algorithm>

namespace engine::model {

namespace {

constexpr int maxVocab = 4'194'304;

struct KnownArchitecture {
    const char *modelType;
    const char *className;
    Architecture architecture;
    AttentionKind attention;
};

constexpr KnownArchitecture knownArchitectures[] = {
    {"llama", "LlamaForCausalLM", Architecture::Llama, AttentionKind::GroupedQuery},
    {"qwen2", "Qwen2ForCausalLM", Architecture::Qwen2, AttentionKind::GroupedQuery},
    {"qwen3", "Qwen3ForCausalLM", Architecture::Qwen3, AttentionKind::GroupedQuery},
    {"deepseek", "DeepseekForCausalLM", Architecture::Deepseek, AttentionKind::GroupedQuery},
    {"deepseek_v2", "DeepseekV2ForCausalLM", Architecture::DeepseekV2, AttentionKind::MultiHeadLatent},
    {"deepseek_v3", "DeepseekV3ForCausalLM", Architecture::DeepseekV3, AttentionKind::MultiHeadLatent},
};

nlohmann::json readObject(const ModelFolder &folder, const std::string &name)
{
    nlohmann::json document = readJsonFile(folder, name, maxConfigBytes);
    if (!document.is_object()) {
        const std::string file = folder.fileName(name);
        throw Error(ErrorCode::FileMalformed, file, {}, file + ": is not a JSON object.");
    }
    return document;
}

std::string supportedTypes()
{
    std::string list;
    for (const KnownArchitecture &known : knownArchitectures) {
        list += (list.empty() ? "\"" : ", \"") + std::string(known.modelType) + "\"";
    }
    return list;
}

void readArchitecture(const ConfigObject &config, ModelConfig &model)
{
    model.model_type = config.text("model_type");
    const auto *known = std::find_if(std::begin(knownArchitectures), std::end(knownArchitectures),
                                     [&](const auto &entry) { return model.model_type == entry.modelType; });
    if (known == std::end(knownArchitectures)) {
        throw Error(ErrorCode::UnsupportedArchitecture, config.file(), "model_type",
                    config.file() + ": model_type = \"" + printable(model.model_type) +
                        "\" is not supported (supported: " + supportedTypes() + ").");
    }
    const std::vector<std::string> classes = config.texts("architectures");
    if (!classes.empty() && std::find(classes.begin(), classes.end(), known->className) == classes.end()) {
        throw Error(ErrorCode::UnsupportedArchitecture, config.file(), "architectures",
                    config.file() + ": architectures names " + upToFive(classes) +
                        ", which is not supported (supported: '" + known->className + "').");
    }
    model.architecture = known->architecture;
    model.attention = known->attention;
}

void readDimensions(const ConfigObject &config, ModelConfig &model)
{
    model.vocab_size = config.integer("vocab_size", 1, maxVocab);
    model.hidden_size = config.integer("hidden_size", 1, maxWidth);
    model.num_hidden_layers = config.integer("num_hidden_layers", 1, 1'024);
    model.num_attention_heads = config.integer("num_attention_heads", 1, maxHeads);
    model.max_position_embeddings = config.integer("max_position_embeddings", 1, maxPositions);
    model.intermediate_size = config.integer("intermediate_size", 1, maxIntermediate);
    if (model.architecture == Architecture::DeepseekV3) {
        model.num_nextn_predict_layers = config.integer("num_nextn_predict_layers", 0, 16, 0);
    }
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

    ModelConfig model;
    readArchitecture(config, model);
    readDimensions(config, model);
    readAttention(config, model);
    readExperts(config, model);
    readRope(config, model);
    model.rms_norm_eps = config.real("rms_norm_eps", {0.0, 1.0});
    model.hidden_act = config.oneOf("hidden_act", {"silu"}, "silu");
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
    defaults.max_new_tokens = config.integer("max_new_tokens", 1, maxPositions, -1);
    defaults.eos_token_id = config.integers("eos_token_id", 0, maxVocab - 1);
    return defaults;
}

} // namespace engine::model
