#include "engine/model/detail/gguf_names.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace engine::model {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr Pair wholeNames[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
};

/// In a layer, without .weight or .bias.
constexpr Pair layerNames[] = {
    {"input_layernorm", "attn_norm"},
    {"post_attention_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
    {"self_attn.q_a_proj", "attn_q_a"},
    {"self_attn.q_a_layernorm", "attn_q_a_norm"},
    {"self_attn.q_b_proj", "attn_q_b"},
    {"self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"},
    {"self_attn.kv_a_layernorm", "attn_kv_a_norm"},
    {"self_attn.kv_b_proj", "attn_kv_b"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.gate", "ffn_gate_inp"},
    {"mlp.shared_experts.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_experts.up_proj", "ffn_up_shexp"},
    {"mlp.shared_experts.down_proj", "ffn_down_shexp"},
    {"enorm", "nextn.enorm"},
    {"hnorm", "nextn.hnorm"},
    {"eh_proj", "nextn.eh_proj"},
    {"embed_tokens", "nextn.embed_tokens"},
    {"shared_head.head", "nextn.shared_head_head"},
    {"shared_head.norm", "nextn.shared_head_norm"},
};

constexpr Pair expertNames[] = {
    {"gate_proj", "ffn_gate_exps"},
    {"up_proj", "ffn_up_exps"},
    {"down_proj", "ffn_down_exps"},
};

template <std::size_t size>
std::string translated(const Pair (&table)[size], std::string_view name)
{
    const auto *found =
        std::find_if(std::begin(table), std::end(table), [&](const Pair &row) { return row.first == name; });
    return std::string(found == std::end(table) ? name : found->second);
}

bool removePrefix(std::string_view &text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

/// "17." in front of `text`, removed.
int takeNumber(std::string_view &text)
{
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(std::min(static_cast<std::size_t>(end - text.data()) + 1, text.size()));
    return number;
}

} // namespace

GgufPlace ggufPlaceOf(std::string_view name)
{
    const std::size_t dot = name.rfind('.');
    std::string_view stem = name.substr(0, dot);
    const std::string suffix(name.substr(dot));
    if (!removePrefix(stem, "model.layers.")) {
        return {translated(wholeNames, stem) + suffix, std::nullopt};
    }
    const std::string block = "blk." + std::to_string(takeNumber(stem)) + ".";
    if (stem == "mlp.gate" && suffix == ".e_score_correction_bias") {
        return {block + "exp_probs_b.bias", std::nullopt};
    }
    if (removePrefix(stem, "mlp.experts.")) {
        const int expert = takeNumber(stem);
        return {block + translated(expertNames, stem) + suffix, expert};
    }
    return {block + translated(layerNames, stem) + suffix, std::nullopt};
}

} // namespace engine::model
