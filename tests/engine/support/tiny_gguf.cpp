#include "tests/engine/support/tiny_gguf.h"

#include "engine/memory/dtype.h"
#include "tests/engine/support/tiny_tokenizer.h"

#include <numeric>

namespace support {

namespace {

using Json = nlohmann::ordered_json;
using Shape = std::vector<std::uint64_t>;

constexpr std::uint64_t hidden = 32;
constexpr std::uint64_t heads = 2;
constexpr std::uint64_t experts = 4;

class Builder {
public:
    explicit Builder(TinyGgufKind kind) : m_kind(kind) {}

    GgufWriter build()
    {
        const TinyTokenizer tiny = makeTinyTokenizer();
        m_rows = static_cast<std::uint64_t>(tiny.tokens / 16 + 1) * 16;
        addMetadata();
        addTokenizer(m_writer, tiny.tokenizer, tiny.tokenizerConfig, "deepseek-v3", m_rows);
        matrix("token_embd.weight", {m_rows, hidden});
        for (int layer = 0; layer < 2; ++layer)
            addLayer(layer);
        vector("output_norm.weight", hidden);
        if (m_kind != TinyGgufKind::Qwen3)
            matrix("output.weight", {m_rows, hidden});
        if (m_kind == TinyGgufKind::Llama)
            vector("rope_freqs.weight", hidden / heads / 2);
        return std::move(m_writer);
    }

private:
    bool latent() const { return m_kind == TinyGgufKind::Joined || m_kind == TinyGgufKind::Split; }
    std::string architecture() const
    {
        return latent() ? "deepseek2" : m_kind == TinyGgufKind::Llama ? "llama" : "qwen3";
    }
    void u32(const std::string &key, std::uint32_t value) { m_writer.u32(architecture() + "." + key, value); }

    void addMetadata()
    {
        m_writer.text("general.architecture", architecture());
        u32("context_length", 256);
        u32("embedding_length", hidden);
        u32("block_count", 2);
        u32("feed_forward_length", 64);
        u32("attention.head_count", heads);
        m_writer.f32(architecture() + ".attention.layer_norm_rms_epsilon", 1e-6F);
        m_writer.f32(architecture() + ".rope.freq_base", 10000.0F);
        latent() ? addLatentMetadata() : u32("attention.head_count_kv", 1);
        if (m_kind == TinyGgufKind::Qwen3) {
            m_writer.text("qwen3.rope.scaling.type", "yarn");
            m_writer.f32("qwen3.rope.scaling.factor", 4.0F);
            u32("rope.scaling.original_context_length", 64);
        }
    }

    void addLatentMetadata()
    {
        const bool split = m_kind == TinyGgufKind::Split;
        u32("attention.kv_lora_rank", 32);
        u32("attention.head_count_kv", split ? 1 : heads);
        u32("attention.key_length", 40); // 32 + 8 either way
        u32("attention.value_length", split ? 32 : 16);
        if (split) {
            u32("attention.key_length_mla", 40);
            u32("attention.value_length_mla", 16);
        }
        u32("rope.dimension_count", 8);
        u32("leading_dense_block_count", 1);
        u32("expert_count", experts);
        u32("expert_used_count", 2);
        u32("expert_shared_count", 1);
        u32("expert_feed_forward_length", 32);
        m_writer.f32("deepseek2.expert_weights_scale", split ? 2.5F : 1.0F);
        m_writer.boolean("deepseek2.expert_weights_norm", split);
        u32("expert_gating_func", split ? 2 : 1);
        u32("expert_group_count", split ? 2 : 1);
        u32("expert_group_used_count", 1);
    }

    void addLayer(int layer)
    {
        const std::string b = "blk." + std::to_string(layer) + ".";
        vector(b + "attn_norm.weight", hidden);
        vector(b + "ffn_norm.weight", hidden);
        latent() ? addLatentAttention(b) : addAttention(b);
        if (!latent() || layer == 0) {
            addMlp(b, "", {}, 64);
            return;
        }
        matrix(b + "ffn_gate_inp.weight", {experts, hidden}, "F32");
        if (m_kind == TinyGgufKind::Split)
            vector(b + "exp_probs_b.bias", experts);
        addMlp(b, "_exps", {experts}, 32);
        addMlp(b, "_shexp", {}, 32);
    }

    void addMlp(const std::string &b, const std::string &suffix, Shape stack, std::uint64_t width)
    {
        Shape wide = stack;
        wide.insert(wide.end(), {width, hidden});
        stack.insert(stack.end(), {hidden, width});
        matrix(b + "ffn_gate" + suffix + ".weight", wide);
        matrix(b + "ffn_up" + suffix + ".weight", wide);
        matrix(b + "ffn_down" + suffix + ".weight", stack);
    }

    void addAttention(const std::string &b)
    {
        const std::uint64_t width = hidden / heads;
        matrix(b + "attn_q.weight", {hidden, hidden});
        matrix(b + "attn_k.weight", {width, hidden});
        matrix(b + "attn_v.weight", {width, hidden});
        matrix(b + "attn_output.weight", {hidden, hidden});
        if (m_kind == TinyGgufKind::Qwen3) {
            vector(b + "attn_q_norm.weight", width);
            vector(b + "attn_k_norm.weight", width);
        }
    }

    void addLatentAttention(const std::string &b)
    {
        matrix(b + "attn_q.weight", {heads * 40, hidden});
        matrix(b + "attn_kv_a_mqa.weight", {40, hidden});
        vector(b + "attn_kv_a_norm.weight", 32);
        if (m_kind == TinyGgufKind::Joined) {
            matrix(b + "attn_kv_b.weight", {heads * 48, 32});
        } else {
            matrix(b + "attn_k_b.weight", {heads, 32, 32});
            matrix(b + "attn_v_b.weight", {heads, 16, 32});
        }
        matrix(b + "attn_output.weight", {hidden, heads * 16});
    }

    std::uint32_t next() { return m_state = m_state * 1664525U + 1013904223U; }

    void vector(const std::string &name, std::uint64_t size)
    {
        std::string bytes;
        for (std::uint64_t i = 0; i < size; ++i)
            bytes += ggufNumber(1.0F + static_cast<float>(next() >> 24) * 0x1p-9F);
        m_writer.tensor(name, {size}, "F32", bytes);
    }

    void matrix(const std::string &name, const Shape &shape, const std::string &type = "Q8_0")
    {
        const std::uint64_t elements =
            std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
        std::string bytes;
        for (std::uint64_t i = 0; i < elements; ++i) {
            const auto code = static_cast<std::int8_t>(next() >> 24);
            if (type == "F32") {
                bytes += ggufNumber(static_cast<float>(code) * 0x1p-9F);
                continue;
            }
            if (i % 32 == 0)
                bytes += ggufNumber(engine::memory::floatToF16(0x1p-9F));
            bytes += ggufNumber(code);
        }
        m_writer.tensor(name, shape, type, bytes);
    }

    TinyGgufKind m_kind;
    GgufWriter m_writer;
    std::uint64_t m_rows = 0;
    std::uint32_t m_state = 1;
};

std::string mergeText(const Json &merge)
{
    return merge.is_string() ? merge.get<std::string>()
                             : merge[0].get<std::string>() + " " + merge[1].get<std::string>();
}

std::string tokenText(const Json &token)
{
    return token.is_object() ? token.at("content").get<std::string>() : token.get<std::string>();
}

} // namespace

void addTokenizer(GgufWriter &writer, const Json &tokenizer, const Json &config, const std::string &rule,
                  std::size_t rows)
{
    constexpr std::int32_t normal = 1, control = 3, userDefined = 4, unused = 5;
    std::vector<std::string> tokens(rows);
    std::vector<std::int32_t> types(rows, unused);
    for (std::size_t id = 0; id < rows; ++id)
        tokens[id] = "[PAD" + std::to_string(id) + "]";
    for (const auto &[text, id] : tokenizer["model"]["vocab"].items()) {
        tokens.at(id.get<std::size_t>()) = text;
        types.at(id.get<std::size_t>()) = normal;
    }
    for (const Json &added : tokenizer["added_tokens"]) {
        const auto text = added["content"].get<std::string>();
        const bool looksSpecial = text.starts_with("<｜") && text.ends_with("｜>");
        tokens.at(added["id"].get<std::size_t>()) = text;
        types.at(added["id"].get<std::size_t>()) = added["special"].get<bool>() || looksSpecial ? control : userDefined;
    }
    std::vector<std::string> merges;
    for (const Json &merge : tokenizer["model"]["merges"])
        merges.push_back(mergeText(merge));
    writer.text("tokenizer.ggml.model", "gpt2");
    writer.text("tokenizer.ggml.pre", rule);
    writer.texts("tokenizer.ggml.tokens", tokens);
    writer.i32s("tokenizer.ggml.token_type", types);
    writer.texts("tokenizer.ggml.merges", merges);
    for (const char *which : {"bos", "eos"}) {
        const std::string text = tokenText(config[std::string(which) + "_token"]);
        for (std::size_t id = 0; id < rows; ++id) {
            if (tokens[id] == text)
                writer.u32("tokenizer.ggml." + std::string(which) + "_token_id", static_cast<std::uint32_t>(id));
        }
    }
    if (config.contains("chat_template"))
        writer.text("tokenizer.chat_template", config["chat_template"].get<std::string>());
}

GgufWriter makeTinyGguf(TinyGgufKind kind)
{
    return Builder(kind).build();
}

} // namespace support
