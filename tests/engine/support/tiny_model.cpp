#include "tests/engine/support/tiny_model.h"

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_tokenizer.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace support {

namespace {

using engine::memory::DType;
using Json = nlohmann::ordered_json;
using Storage = TinyModelOptions::Storage;
using Shape = std::vector<std::uint64_t>;

/// splitmix64, because the distributions of <random> differ between libraries.
class Random {
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}

    /// Uniform with mean 0 and the given standard deviation.
    float value(double deviation)
    {
        const double unit = static_cast<double>(next() >> 11) * 0x1p-53; // [0, 1)
        return static_cast<float>((2.0 * unit - 1.0) * deviation * std::sqrt(3.0));
    }

private:
    std::uint64_t next()
    {
        m_state += 0x9E3779B97F4A7C15ULL;
        std::uint64_t mixed = (m_state ^ (m_state >> 30)) * 0xBF58476D1CE4E5B9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
        return mixed ^ (mixed >> 31);
    }
    std::uint64_t m_state;
};

std::uint64_t wide(int value)
{
    return static_cast<std::uint64_t>(value);
}

class Builder {
public:
    Builder(const TinyModelOptions &options, int vocab)
        : m_options(options), m_random(options.seed), m_vocab(wide(vocab)), m_hidden(wide(options.hidden))
    {
    }

    std::vector<NamedTensor> build()
    {
        addUnquantized("model.embed_tokens.weight", {m_vocab, m_hidden}, 0.5);
        for (int layer = 0; layer < m_options.layers; ++layer) {
            addLayer(layer);
        }
        addNorm("model.norm.weight", m_hidden);
        if (!m_options.tied) {
            addUnquantized("lm_head.weight", {m_vocab, m_hidden}, 1.0 / std::sqrt(static_cast<double>(m_hidden)));
        }
        for (int module = 0; module < m_options.mtpModules; ++module) {
            addMtp(m_options.layers + module);
        }
        return std::move(m_tensors);
    }

private:
    DType plainType() const
    {
        switch (m_options.storage) {
        case Storage::F32:
            return DType::F32;
        case Storage::F16:
            return DType::F16;
        default:
            return DType::BF16;
        }
    }

    std::vector<float> randomValues(const Shape &shape, double deviation, double mean = 0.0)
    {
        std::uint64_t count = 1;
        for (const std::uint64_t dim : shape) {
            count *= dim;
        }
        std::vector<float> values(count);
        for (float &value : values) {
            value = static_cast<float>(mean) + m_random.value(deviation);
        }
        return values;
    }

    void addUnquantized(const std::string &name, const Shape &shape, double deviation)
    {
        m_tensors.push_back(makeTensor(name, plainType(), shape, randomValues(shape, deviation)));
    }

    void addNorm(const std::string &name, std::uint64_t width)
    {
        m_tensors.push_back(makeTensor(name, plainType(), {width}, randomValues({width}, 0.1, 1.0)));
    }

    void addLinear(const std::string &name, std::uint64_t rows, std::uint64_t cols)
    {
        const std::vector<float> values = randomValues({rows, cols}, 1.0 / std::sqrt(static_cast<double>(cols)));
        if (m_options.storage != Storage::Fp8) {
            m_tensors.push_back(makeTensor(name, plainType(), {rows, cols}, values));
            return;
        }
        addFp8(name, rows, cols, values);
    }

    /// One scale per 128×128 block, chosen so that the largest value of the block becomes 448.
    void addFp8(const std::string &name, std::uint64_t rows, std::uint64_t cols, std::vector<float> values)
    {
        constexpr std::uint64_t block = 128;
        const std::uint64_t blockRows = (rows + block - 1) / block;
        const std::uint64_t blockCols = (cols + block - 1) / block;
        std::vector<float> scales(blockRows * blockCols, 0.0F);
        const auto scaleOf = [&](std::uint64_t i) -> float & {
            return scales[(i / cols / block) * blockCols + i % cols / block];
        };
        for (std::uint64_t i = 0; i < values.size(); ++i) {
            scaleOf(i) = std::max(scaleOf(i), std::fabs(values[i]) / 448.0F);
        }
        for (std::uint64_t i = 0; i < values.size(); ++i) {
            values[i] /= scaleOf(i);
        }
        m_tensors.push_back(makeTensor(name, DType::F8_E4M3, {rows, cols}, values));
        m_tensors.push_back(makeTensor(name + "_scale_inv", DType::F32, {blockRows, blockCols}, scales));
    }

    void addLayer(int index)
    {
        const std::string prefix = "model.layers." + std::to_string(index) + ".";
        addNorm(prefix + "input_layernorm.weight", m_hidden);
        addAttention(prefix + "self_attn.");
        addNorm(prefix + "post_attention_layernorm.weight", m_hidden);
        if (index >= m_options.firstDense && index % m_options.moeLayerFreq == 0) {
            addMoe(prefix + "mlp.");
        } else {
            addMlp(prefix + "mlp.", wide(m_options.denseWidth));
        }
    }

    void addAttention(const std::string &prefix)
    {
        const std::uint64_t heads = wide(m_options.heads);
        const std::uint64_t queryRows = heads * wide(m_options.nope + m_options.rope);
        const std::uint64_t latent = wide(m_options.kvLoraRank);
        if (m_options.qLoraRank == 0) {
            addLinear(prefix + "q_proj.weight", queryRows, m_hidden);
        } else {
            const std::uint64_t rank = wide(m_options.qLoraRank);
            addLinear(prefix + "q_a_proj.weight", rank, m_hidden);
            addNorm(prefix + "q_a_layernorm.weight", rank);
            addLinear(prefix + "q_b_proj.weight", queryRows, rank);
        }
        addLinear(prefix + "kv_a_proj_with_mqa.weight", latent + wide(m_options.rope), m_hidden);
        addNorm(prefix + "kv_a_layernorm.weight", latent);
        addLinear(prefix + "kv_b_proj.weight", heads * wide(m_options.nope + m_options.valueDim), latent);
        addLinear(prefix + "o_proj.weight", m_hidden, heads * wide(m_options.valueDim));
    }

    void addMlp(const std::string &prefix, std::uint64_t width)
    {
        addLinear(prefix + "gate_proj.weight", width, m_hidden);
        addLinear(prefix + "up_proj.weight", width, m_hidden);
        addLinear(prefix + "down_proj.weight", m_hidden, width);
    }

    void addMoe(const std::string &prefix)
    {
        const std::uint64_t experts = wide(m_options.experts);
        addUnquantized(prefix + "gate.weight", {experts, m_hidden}, 2.0 / std::sqrt(static_cast<double>(m_hidden)));
        m_tensors.push_back(makeTensor(prefix + "gate.e_score_correction_bias", DType::F32, {experts},
                                       randomValues({experts}, 0.05, 0.1)));
        for (int expert = 0; expert < m_options.experts; ++expert) {
            addMlp(prefix + "experts." + std::to_string(expert) + ".", wide(m_options.expertWidth));
        }
        if (m_options.sharedExperts > 0) {
            addMlp(prefix + "shared_experts.", wide(m_options.sharedExperts * m_options.expertWidth));
        }
    }

    void addMtp(int layer)
    {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        addNorm(prefix + "enorm.weight", m_hidden);
        addNorm(prefix + "hnorm.weight", m_hidden);
        addUnquantized(prefix + "eh_proj.weight", {m_hidden, 2 * m_hidden},
                       1.0 / std::sqrt(2.0 * static_cast<double>(m_hidden)));
        if (m_options.mtpCopies) {
            addCopy("model.embed_tokens.weight", prefix + "embed_tokens.weight");
            addCopy(m_options.tied ? "model.embed_tokens.weight" : "lm_head.weight",
                    prefix + "shared_head.head.weight");
        }
        addNorm(prefix + "shared_head.norm.weight", m_hidden);
        addLayer(layer);
    }

    void addCopy(const std::string &from, const std::string &to)
    {
        const auto source = std::find_if(m_tensors.begin(), m_tensors.end(),
                                         [&](const NamedTensor &tensor) { return tensor.name == from; });
        NamedTensor copy = *source;
        copy.name = to;
        m_tensors.push_back(std::move(copy));
    }

    const TinyModelOptions &m_options;
    Random m_random;
    std::uint64_t m_vocab;
    std::uint64_t m_hidden;
    std::vector<NamedTensor> m_tensors;
};

void addRope(Json &config, const TinyModelOptions &options)
{
    Json rope = Json::object();
    if (options.yarn) {
        rope = {{"beta_fast", 32}, {"beta_slow", 1},        {"factor", 4},
                {"mscale", 1.0},   {"mscale_all_dim", 1.0}, {"original_max_position_embeddings", 128}};
    }
    if (options.ropeParameters) {
        rope["rope_theta"] = 10000.0;
        rope["rope_type"] = options.yarn ? "yarn" : "default";
        config["rope_parameters"] = rope;
        return;
    }
    config["rope_theta"] = 10000;
    config["rope_scaling"] = nullptr;
    if (options.yarn) {
        rope["type"] = "yarn";
        config["rope_scaling"] = rope;
    }
}

Json makeConfig(const TinyModelOptions &options, int vocab, const TinyTokenizer &tokenizer)
{
    Json config = {{"architectures", {"DeepseekV3ForCausalLM"}},
                   {"attention_bias", false},
                   {"attention_dropout", 0.0},
                   {"bos_token_id", tokenizer.bos},
                   {"eos_token_id", tokenizer.eos},
                   {"first_k_dense_replace", options.firstDense},
                   {"hidden_act", "silu"},
                   {"hidden_size", options.hidden},
                   {"initializer_range", 0.02},
                   {"intermediate_size", options.denseWidth},
                   {"kv_lora_rank", options.kvLoraRank},
                   {"max_position_embeddings", options.maxPositions},
                   {"model_type", "deepseek_v3"},
                   {"moe_intermediate_size", options.expertWidth},
                   {"moe_layer_freq", options.moeLayerFreq},
                   {"n_group", options.groups},
                   {"n_routed_experts", options.experts},
                   {"n_shared_experts", options.sharedExperts},
                   {"norm_topk_prob", options.normalizeTopK},
                   {"num_attention_heads", options.heads},
                   {"num_experts_per_tok", options.expertsPerToken},
                   {"num_hidden_layers", options.layers},
                   {"num_key_value_heads", options.heads},
                   {"num_nextn_predict_layers", options.mtpModules},
                   {"q_lora_rank", nullptr},
                   {"qk_nope_head_dim", options.nope},
                   {"qk_rope_head_dim", options.rope},
                   {"rms_norm_eps", 1e-6},
                   {"routed_scaling_factor", options.routedScale},
                   {"scoring_func", "sigmoid"},
                   {"tie_word_embeddings", options.tied},
                   {"topk_group", options.groupsPerToken},
                   {"topk_method", "noaux_tc"},
                   {"torch_dtype", "bfloat16"},
                   {"use_cache", true},
                   {"v_head_dim", options.valueDim},
                   {"vocab_size", vocab}};
    if (options.qLoraRank > 0) {
        config["q_lora_rank"] = options.qLoraRank;
    }
    addRope(config, options);
    if (options.storage == Storage::Fp8) {
        config["quantization_config"] = {{"activation_scheme", "dynamic"},
                                         {"fmt", "e4m3"},
                                         {"quant_method", "fp8"},
                                         {"weight_block_size", {128, 128}}};
    }
    return config;
}

} // namespace

NamedTensor &TinyModel::tensor(const std::string &name)
{
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor &each) { return each.name == name; });
    if (found == tensors.end()) {
        throw std::invalid_argument("no tensor " + name);
    }
    return *found;
}

void TinyModel::remove(const std::string &name)
{
    tensor(name); // complains when there is none
    std::erase_if(tensors, [&](const NamedTensor &each) { return each.name == name; });
}

TinyModel makeTinyModel(const TinyModelOptions &options)
{
    TinyTokenizer tokenizer = makeTinyTokenizer();
    const int vocab = (tokenizer.tokens / 16 + 1) * 16;
    TinyModel model;
    model.config = makeConfig(options, vocab, tokenizer);
    model.generationConfig = {{"_from_model_config", true},
                              {"bos_token_id", tokenizer.bos},
                              {"eos_token_id", tokenizer.eos},
                              {"do_sample", true},
                              {"temperature", 0.6},
                              {"top_p", 0.95},
                              {"max_new_tokens", 256}};
    model.tokenizer = std::move(tokenizer.tokenizer);
    model.tokenizerConfig = std::move(tokenizer.tokenizerConfig);
    model.tensors = Builder(options, vocab).build();
    return model;
}

void writeTinyModel(const TinyModel &model, const TinyModelOptions &options, const std::filesystem::path &folder)
{
    std::filesystem::create_directories(folder);
    writeFile(folder / "config.json", model.config.dump(2));
    writeFile(folder / "generation_config.json", model.generationConfig.dump(2));
    writeFile(folder / "tokenizer.json", model.tokenizer.dump(2));
    writeFile(folder / "tokenizer_config.json", model.tokenizerConfig.dump(2));
    if (options.shards > 1) {
        writeShards(folder, model.tensors, options.shards, options.alignment);
    } else {
        writeSafetensors(folder / "model.safetensors", model.tensors, options.alignment);
    }
}

void writeTinyModel(const TinyModelOptions &options, const std::filesystem::path &folder)
{
    writeTinyModel(makeTinyModel(options), options, folder);
}

} // namespace support
