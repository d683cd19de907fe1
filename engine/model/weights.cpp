#include "engine/model/weights.h"

#include "engine/model/detail/tensor_resolver.h"

#include <string>

namespace engine::model {

namespace {

std::uint64_t wide(int value)
{
    return static_cast<std::uint64_t>(value);
}

/// Knows the names and shapes.
class WeightReader {
public:
    WeightReader(const ModelConfig &config, TensorSource &source)
        : m_config(config), m_source(source), m_hidden(wide(config.hidden_size)), m_vocab(wide(config.vocab_size))
    {
    }

    Weights read()
    {
        Weights weights;
        weights.embed_tokens = m_source.plain("model.embed_tokens.weight", {m_vocab, m_hidden});
        for (int layer = 0; layer < m_config.num_hidden_layers; ++layer) {
            weights.layers.push_back(readLayer(layer));
        }
        weights.norm = m_source.plain("model.norm.weight", {m_hidden});
        if (m_config.tie_word_embeddings) {
            weights.lm_head.weight = weights.embed_tokens;
        } else {
            weights.lm_head = m_source.linear("lm_head.weight", m_vocab, m_hidden);
        }
        readMtp(weights);
        return weights;
    }

private:
    static std::string prefixOf(int layer) { return "model.layers." + std::to_string(layer) + "."; }

    LayerWeights readLayer(int index)
    {
        const std::string prefix = prefixOf(index);
        LayerWeights layer;
        layer.input_layernorm = m_source.plain(prefix + "input_layernorm.weight", {m_hidden});
        if (m_config.isMla()) {
            layer.self_attn = readLatentAttention(prefix + "self_attn.");
        } else {
            layer.self_attn = readGroupedAttention(prefix + "self_attn.");
        }
        layer.post_attention_layernorm = m_source.plain(prefix + "post_attention_layernorm.weight", {m_hidden});
        if (m_config.isMoeLayer(index)) {
            layer.mlp = readMoe(prefix + "mlp.");
        } else {
            layer.mlp = readMlp(prefix + "mlp.", wide(m_config.intermediate_size));
        }
        return layer;
    }

    Linear readLinear(const std::string &name, std::uint64_t rows, std::uint64_t cols, bool withBias)
    {
        Linear linear = m_source.linear(name + ".weight", rows, cols);
        if (withBias) {
            linear.bias = m_source.plain(name + ".bias", {rows});
        }
        return linear;
    }

    GroupedQueryWeights readGroupedAttention(const std::string &prefix)
    {
        const std::uint64_t width = wide(m_config.head_dim);
        const std::uint64_t queryRows = wide(m_config.num_attention_heads) * width;
        const std::uint64_t keyRows = wide(m_config.num_key_value_heads) * width;
        GroupedQueryWeights attention;
        attention.q_proj = readLinear(prefix + "q_proj", queryRows, m_hidden, m_config.qkv_bias);
        attention.k_proj = readLinear(prefix + "k_proj", keyRows, m_hidden, m_config.qkv_bias);
        attention.v_proj = readLinear(prefix + "v_proj", keyRows, m_hidden, m_config.qkv_bias);
        attention.o_proj = readLinear(prefix + "o_proj", m_hidden, queryRows, m_config.output_bias);
        if (m_config.query_key_norm) {
            attention.q_norm = m_source.plain(prefix + "q_norm.weight", {width});
            attention.k_norm = m_source.plain(prefix + "k_norm.weight", {width});
        }
        return attention;
    }

    LatentAttentionWeights readLatentAttention(const std::string &prefix)
    {
        const std::uint64_t heads = wide(m_config.num_attention_heads);
        const std::uint64_t queryRows = heads * wide(m_config.qkHeadDim());
        const std::uint64_t latent = wide(m_config.kv_lora_rank);
        LatentAttentionWeights attention;
        if (m_config.q_lora_rank == 0) {
            attention.q_proj = m_source.linear(prefix + "q_proj.weight", queryRows, m_hidden);
        } else {
            const std::uint64_t rank = wide(m_config.q_lora_rank);
            attention.q_a_proj = m_source.linear(prefix + "q_a_proj.weight", rank, m_hidden);
            attention.q_a_layernorm = m_source.plain(prefix + "q_a_layernorm.weight", {rank});
            attention.q_b_proj = m_source.linear(prefix + "q_b_proj.weight", queryRows, rank);
        }
        attention.kv_a_proj_with_mqa =
            m_source.linear(prefix + "kv_a_proj_with_mqa.weight", wide(m_config.cacheWidth()), m_hidden);
        attention.kv_a_layernorm = m_source.plain(prefix + "kv_a_layernorm.weight", {latent});
        attention.kv_b_proj = m_source.linear(prefix + "kv_b_proj.weight",
                                              heads * wide(m_config.qk_nope_head_dim + m_config.v_head_dim), latent);
        attention.o_proj = m_source.linear(prefix + "o_proj.weight", m_hidden, heads * wide(m_config.v_head_dim));
        return attention;
    }

    MlpWeights readMlp(const std::string &prefix, std::uint64_t width)
    {
        MlpWeights mlp;
        mlp.gate_proj = m_source.linear(prefix + "gate_proj.weight", width, m_hidden);
        mlp.up_proj = m_source.linear(prefix + "up_proj.weight", width, m_hidden);
        mlp.down_proj = m_source.linear(prefix + "down_proj.weight", m_hidden, width);
        return mlp;
    }

    MoeWeights readMoe(const std::string &prefix)
    {
        const std::uint64_t experts = wide(m_config.n_routed_experts);
        const std::uint64_t width = wide(m_config.moe_intermediate_size);
        m_source.refuse(prefix + "experts.gate_up_proj",
                        "fused experts are not supported (supported: one matrix per expert)");
        MoeWeights moe;
        moe.gate = m_source.plain(prefix + "gate.weight", {experts, m_hidden});
        if (m_config.topk_method == "noaux_tc") {
            moe.e_score_correction_bias = m_source.plain(prefix + "gate.e_score_correction_bias", {experts});
        }
        for (std::uint64_t expert = 0; expert < experts; ++expert) {
            moe.experts.push_back(readMlp(prefix + "experts." + std::to_string(expert) + ".", width));
        }
        if (m_config.n_shared_experts > 0) {
            moe.shared_experts = readMlp(prefix + "shared_experts.", wide(m_config.n_shared_experts) * width);
        }
        return moe;
    }

    bool fileHasMtp() const
    {
        for (int module = 0; module < m_config.num_nextn_predict_layers; ++module) {
            const std::string prefix = prefixOf(m_config.num_hidden_layers + module);
            if (m_source.contains(prefix + "enorm.weight") || m_source.contains(prefix + "eh_proj.weight") ||
                m_source.contains(prefix + "input_layernorm.weight")) {
                return true;
            }
        }
        return false;
    }

    void readMtp(Weights &weights)
    {
        if (!fileHasMtp()) {
            return; // whatever else such a layer has is reported as unexpected
        }
        for (int module = 0; module < m_config.num_nextn_predict_layers; ++module) {
            weights.mtp.push_back(readMtpModule(m_config.num_hidden_layers + module, weights));
        }
    }

    MtpWeights readMtpModule(int layer, const Weights &main)
    {
        const std::string prefix = prefixOf(layer);
        const std::string embedding = prefix + "embed_tokens.weight";
        const std::string head = prefix + "shared_head.head.weight";
        MtpWeights mtp;
        mtp.enorm = m_source.plain(prefix + "enorm.weight", {m_hidden});
        mtp.hnorm = m_source.plain(prefix + "hnorm.weight", {m_hidden});
        mtp.eh_proj = m_source.linear(prefix + "eh_proj.weight", m_hidden, 2 * m_hidden);
        mtp.embed_tokens =
            m_source.contains(embedding) ? m_source.plain(embedding, {m_vocab, m_hidden}) : main.embed_tokens;
        mtp.shared_head_head = m_source.contains(head) ? m_source.linear(head, m_vocab, m_hidden) : main.lm_head;
        mtp.shared_head_norm = m_source.plain(prefix + "shared_head.norm.weight", {m_hidden});
        mtp.layer = readLayer(layer);
        return mtp;
    }

    const ModelConfig &m_config;
    TensorSource &m_source;
    std::uint64_t m_hidden;
    std::uint64_t m_vocab;
};

} // namespace

Weights readWeights(const ModelConfig &config, TensorSource &source)
{
    return WeightReader(config, source).read();
}

Weights resolveWeights(const ModelConfig &config, const Checkpoint &checkpoint)
{
    TensorResolver resolver(config, checkpoint);
    Weights weights = readWeights(config, resolver);
    resolver.finish();
    checkpoint.throwIfChanged(); // what was scanned is what was in the file
    return weights;
}

} // namespace engine::model
