#include "engine/model/gguf_outline.h"

#include "engine/error.h"
#include "engine/model/detail/config_parts.h"
#include "engine/model/detail/gguf_config_parts.h"
#include "engine/model/detail/message.h"

#include <algorithm>

namespace engine::model {

namespace {

constexpr int maxVocab = 4'194'304;

struct KnownArchitecture {
    const char *ggufName;
    const char *modelType;
    Architecture architecture;
    AttentionKind attention;
};

/// deepseek2 is V2 and V3 alike; the router tells them apart.
constexpr KnownArchitecture knownArchitectures[] = {
    {"llama", "llama", Architecture::Llama, AttentionKind::GroupedQuery},
    {"qwen2", "qwen2", Architecture::Qwen2, AttentionKind::GroupedQuery},
    {"qwen3", "qwen3", Architecture::Qwen3, AttentionKind::GroupedQuery},
    {"deepseek", "deepseek", Architecture::Deepseek, AttentionKind::GroupedQuery},
    {"deepseek2", "deepseek_v2", Architecture::DeepseekV2, AttentionKind::MultiHeadLatent},
};

const KnownArchitecture &architectureOf(const GgufFile &file)
{
    const GgufFields general(file);
    const std::string name = general.text("general.architecture");
    const auto *known = std::find_if(std::begin(knownArchitectures), std::end(knownArchitectures),
                                     [&](const auto &entry) { return name == entry.ggufName; });
    if (known == std::end(knownArchitectures)) {
        std::string list;
        for (const KnownArchitecture &entry : knownArchitectures) {
            list += (list.empty() ? "\"" : ", \"") + std::string(entry.ggufName) + "\"";
        }
        general.fail(ErrorCode::UnsupportedArchitecture, "general.architecture",
                     "= \"" + printable(name) + "\" is not supported (supported: " + list + ")");
    }
    return *known;
}

/// Without the key a vocabulary counts, and without both the embedding has a row for each token.
int vocabSize(const GgufFields &fields, const GgufFile &file)
{
    if (fields.has("vocab_size")) {
        return fields.integer("vocab_size", 1, maxVocab);
    }
    const GgufFields general(file);
    const std::string key = "tokenizer.ggml.tokens";
    const std::uint64_t count = general.list(key, GgufValueType::Text).count;
    if (count < 1 || count > static_cast<std::uint64_t>(maxVocab)) {
        general.failInvalid(key, "lists " + grouped(count) + " tokens; " + rangeText(1, maxVocab) + " are allowed");
    }
    return static_cast<int>(count);
}

/// Settings that change the result and that no model of the family uses, with the value that changes nothing.
void refuseVariants(const GgufFields &fields)
{
    constexpr std::pair<const char *, double> neutral[] = {
        {"attention.sliding_window", 0.0},
        {"attention.clamp_kqv", 0.0},
        {"attention.max_alibi_bias", 0.0},
        {"attention.scale", 0.0},
        {"attention.temperature_scale", 0.0},
        {"attn_logit_softcapping", 0.0},
        {"final_logit_softcapping", 0.0},
        {"logit_scale", 1.0},
        {"residual_scale", 1.0},
        {"embedding_scale", 1.0},
    };
    for (const auto &[key, value] : neutral) {
        const double found = fields.real(key, {-1e12, 1e12}, value);
        if (found != value) {
            fields.failUnsupported(key, "= " + shortest(found) + " is not supported (supported: " + shortest(value) +
                                            ", or no such key)");
        }
    }
    if (!fields.boolean("attention.causal", true)) {
        fields.failUnsupported("attention.causal", "= false is not supported (supported: true)");
    }
}

/// block_count counts the layers of multi-token prediction too, if the file carries them.
void readLayers(const GgufFields &fields, ModelConfig &model)
{
    const int blocks = fields.integer("block_count", 1, 1'024);
    const int drafts = model.isMla() ? fields.integer("nextn_predict_layers", 0, 16, 0) : 0;
    model.num_hidden_layers = blocks;
    if (drafts > 0 && fields.file().contains("blk." + std::to_string(blocks - 1) + ".nextn.eh_proj.weight")) {
        if (drafts >= blocks) {
            fields.failInvalid("nextn_predict_layers", "= " + std::to_string(drafts) + " leaves no layer of the " +
                                                           std::to_string(blocks) + " in block_count");
        }
        model.num_hidden_layers = blocks - drafts;
        model.num_nextn_predict_layers = drafts;
    }
}

void readDimensions(const GgufFields &fields, ModelConfig &model)
{
    model.vocab_size = vocabSize(fields, fields.file());
    model.hidden_size = fields.integer("embedding_length", 1, maxWidth);
    readLayers(fields, model);
    model.num_attention_heads = fields.integer("attention.head_count", 1, maxHeads);
    model.max_position_embeddings = fields.integer("context_length", 1, maxPositions);
    model.intermediate_size = fields.integer("feed_forward_length", 1, maxIntermediate);
}

void readTokens(const GgufFile &file, ModelConfig &model)
{
    const GgufFields general(file);
    model.bos_token_id = general.integer("tokenizer.ggml.bos_token_id", 0, model.vocab_size - 1, -1);
    for (const char *key : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
        const int id = general.integer("tokenizer.ggml." + std::string(key), 0, model.vocab_size - 1, -1);
        if (id >= 0) {
            model.eos_token_id.push_back(id);
        }
    }
}

} // namespace

ModelConfig readGgufConfig(const GgufFile &file)
{
    const KnownArchitecture &known = architectureOf(file);
    const GgufFields fields(file, std::string(known.ggufName) + ".");
    ModelConfig model;
    model.model_type = known.modelType;
    model.architecture = known.architecture;
    model.attention = known.attention;
    refuseVariants(fields);
    readDimensions(fields, model);
    readGgufAttention(fields, model);
    readGgufExperts(fields, model);
    readGgufRope(fields, model);
    model.rms_norm_eps = fields.real("attention.layer_norm_rms_epsilon", {0.0, 1.0});
    model.hidden_act = "silu";
    model.tie_word_embeddings = !file.contains("output.weight");
    readTokens(file, model);
    return model;
}

GenerationDefaults readGgufDefaults(const GgufFile &file)
{
    const GgufFields general(file);
    GenerationDefaults defaults;
    const auto optionalReal = [&](const char *key, RealRange range) {
        return static_cast<float>(general.real(key, range, -1.0));
    };
    defaults.temperature = optionalReal("general.sampling.temp", {0.0, 100.0, RealRange::Lowest::Included});
    defaults.top_p = optionalReal("general.sampling.top_p", {0.0, 1.0});
    return defaults;
}

} // namespace engine::model
