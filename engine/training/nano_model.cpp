#include "engine/training/nano_model.h"

#include <cmath>

namespace engine::training {
namespace {

constexpr double kEmbedStd = 0.05;
constexpr double kGateStd = 0.02;

double fanInStd(std::int64_t cols)
{
    return 0.5 / std::sqrt(static_cast<double>(cols));
}

} // namespace

NanoModel::NanoModel(const NanoConfig &config, std::uint64_t seed) : m_config(config)
{
    const auto &c = m_config;
    m_embed = linear("model.embed_tokens.weight", c.vocab, c.hidden, Storage::Bf16, kEmbedStd);
    m_head = linear("lm_head.weight", c.vocab, c.hidden, Storage::Bf16, fanInStd(c.hidden));
    m_finalNorm = norm("model.norm.weight", c.hidden);
    for (std::int64_t i = 0; i < c.layers; ++i)
        m_layers.push_back(declareLayer(i));
    m_store.beginMtp();
    const auto prefix = "model.layers." + std::to_string(c.layers) + ".";
    m_eNorm = norm(prefix + "enorm.weight", c.hidden);
    m_hNorm = norm(prefix + "hnorm.weight", c.hidden);
    m_ehProj = linear(prefix + "eh_proj.weight", c.hidden, 2 * c.hidden, Storage::Bf16, fanInStd(c.hidden));
    m_layers.push_back(declareLayer(c.layers));
    m_mtpNorm = norm(prefix + "shared_head.norm.weight", c.hidden);
    m_store.allocate(seed);
    biases = torch::zeros({c.layers + 1, c.experts});
    loads = torch::zeros({c.layers + 1, c.experts});
    m_ropeTable = makeRopeTable(c.maxPositions, c.rope, c.ropeTheta);
}

std::size_t NanoModel::norm(const std::string &name, std::int64_t width)
{
    return m_store.add({width}, {{name, {width}, Storage::Bf16, 0.0, 0}});
}

std::size_t NanoModel::linear(const std::string &name, std::int64_t rows, std::int64_t cols, Storage storage,
                              double std)
{
    return m_store.add({rows, cols}, {{name, {rows, cols}, storage, std, 0}});
}

std::size_t NanoModel::gateUp(const std::string &prefix, std::int64_t width)
{
    const auto d = m_config.hidden;
    const double std = fanInStd(d);
    return m_store.add({2 * width, d}, {{prefix + "gate_proj.weight", {width, d}, Storage::Fp8, std, 0},
                                        {prefix + "up_proj.weight", {width, d}, Storage::Fp8, std, 0}});
}

NanoModel::Layer NanoModel::declareLayer(std::int64_t index)
{
    const auto &c = m_config;
    const auto prefix = "model.layers." + std::to_string(index) + ".";
    Layer layer{};
    layer.dense = index < c.firstDense;
    declareAttention(layer, prefix);
    layer.postNorm = norm(prefix + "post_attention_layernorm.weight", c.hidden);
    const auto width = layer.dense ? c.denseWidth : c.expertWidth;
    const auto mlp = prefix + (layer.dense ? "mlp." : "mlp.shared_experts.");
    layer.gateUp = gateUp(mlp, width);
    layer.down = linear(mlp + "down_proj.weight", c.hidden, width, Storage::Fp8, fanInStd(width) / 2);
    if (!layer.dense)
        declareExperts(layer, prefix + "mlp.");
    return layer;
}

void NanoModel::declareAttention(Layer &layer, const std::string &prefix)
{
    const auto &c = m_config;
    const auto attn = prefix + "self_attn.";
    const double std = fanInStd(c.hidden);
    layer.inputNorm = norm(prefix + "input_layernorm.weight", c.hidden);
    layer.qkvA =
        m_store.add({c.qRank + c.kvRank + c.rope, c.hidden},
                    {{attn + "q_a_proj.weight", {c.qRank, c.hidden}, Storage::Fp8, std, 0},
                     {attn + "kv_a_proj_with_mqa.weight", {c.kvRank + c.rope, c.hidden}, Storage::Fp8, std, 0}});
    layer.qNorm = norm(attn + "q_a_layernorm.weight", c.qRank);
    layer.kvNorm = norm(attn + "kv_a_layernorm.weight", c.kvRank);
    layer.qB = linear(attn + "q_b_proj.weight", c.heads * (c.nope + c.rope), c.qRank, Storage::Fp8, fanInStd(c.qRank));
    layer.kvB =
        linear(attn + "kv_b_proj.weight", c.heads * (c.nope + c.valueDim), c.kvRank, Storage::Fp8, fanInStd(c.kvRank));
    layer.o = linear(attn + "o_proj.weight", c.hidden, c.heads * c.valueDim, Storage::Fp8,
                     fanInStd(c.heads * c.valueDim) / 2);
}

void NanoModel::declareExperts(Layer &layer, const std::string &prefix)
{
    const auto &c = m_config;
    layer.gate = linear(prefix + "gate.weight", c.experts, c.hidden, Storage::Bf16, kGateStd);
    std::vector<Piece> in, out;
    for (std::int64_t e = 0; e < c.experts; ++e) {
        const auto expert = prefix + "experts." + std::to_string(e) + ".";
        for (const char *part : {"gate_proj.weight", "up_proj.weight"})
            in.push_back({expert + part, {c.expertWidth, c.hidden}, Storage::Fp8, fanInStd(c.hidden), 0});
        out.push_back(
            {expert + "down_proj.weight", {c.hidden, c.expertWidth}, Storage::Fp8, fanInStd(c.expertWidth) / 2, 0});
    }
    layer.expertGateUp = m_store.add({c.experts, 2 * c.expertWidth, c.hidden}, std::move(in));
    layer.expertDown = m_store.add({c.experts, c.hidden, c.expertWidth}, std::move(out));
}

torch::Tensor NanoModel::attention(const torch::Tensor &x, const Layer &layer, const Batch &batch) const
{
    const auto &c = m_config;
    const auto normed = rmsNorm(x, m_store[layer.inputNorm], c.eps);
    const auto latents =
        splitLatents(linearRows(normed, m_store[layer.qkvA]), m_store[layer.qNorm], m_store[layer.kvNorm], c.eps);
    const auto q = linearRows(latents[0], m_store[layer.qB]);
    const auto kv = linearRows(latents[1], m_store[layer.kvB]);
    const AttentionShape shape{batch.rows, batch.time, c.heads, c.nope, c.rope, c.valueDim};
    const auto mixed = mlaAttention(q, kv, latents[2], m_ropeTable, shape);
    return x + linearRows(mixed, m_store[layer.o]);
}

torch::Tensor NanoModel::feedForward(const torch::Tensor &x, std::int64_t index)
{
    const auto &c = m_config;
    const Layer &layer = m_layers[static_cast<std::size_t>(index)];
    const auto normed = rmsNorm(x, m_store[layer.postNorm], c.eps);
    const auto shared = x + swigluMlp(normed, m_store[layer.gateUp], m_store[layer.down]);
    if (layer.dense)
        return shared;
    const RouterShape shape{c.experts, c.topK, c.groups, c.topGroups, c.routedScale};
    return shared + routedExperts(normed, m_store[layer.gate], biases.select(0, index), m_store[layer.expertGateUp],
                                  m_store[layer.expertDown], loads.select(0, index), shape);
}

/// The state before the final norm: of every position, or only of those with a loss.
torch::Tensor NanoModel::trunk(const Batch &batch, bool allRows)
{
    auto x = torch::embedding(m_store[m_embed], batch.ids);
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        x = attention(x, m_layers[static_cast<std::size_t>(i)], batch);
        if (i + 1 == m_config.layers && !allRows)
            x = x.index_select(0, batch.at); // nothing reads the other rows after the last attention
        x = feedForward(x, i);
    }
    return x;
}

torch::Tensor NanoModel::loss(const Batch &batch, bool keepHidden)
{
    auto x = trunk(batch, keepHidden);
    if (keepHidden) {
        torch::NoGradGuard noGrad;
        m_hidden = rmsNorm(x.detach(), m_store[m_finalNorm].detach(), m_config.eps);
    }
    if (keepHidden)
        x = x.index_select(0, batch.at);
    const auto normed = rmsNorm(x, m_store[m_finalNorm], m_config.eps);
    return torch::nn::functional::cross_entropy(linearRows(normed, m_store[m_head]), batch.target);
}

torch::Tensor NanoModel::mtpHidden(const Batch &batch)
{
    const auto &c = m_config;
    const auto embedded = torch::embedding(m_store[m_embed].detach(), batch.nextIds);
    const auto both =
        torch::cat({rmsNorm(embedded, m_store[m_eNorm], c.eps), rmsNorm(m_hidden, m_store[m_hNorm], c.eps)}, 1);
    auto x = linearRows(both, m_store[m_ehProj]);
    x = attention(x, m_layers.back(), batch);
    return feedForward(x, c.layers);
}

torch::Tensor NanoModel::mtpLoss(const Batch &batch)
{
    const auto x = mtpHidden(batch).index_select(0, batch.mtpAt);
    const auto normed = rmsNorm(x, m_store[m_mtpNorm], m_config.eps);
    return torch::nn::functional::cross_entropy(linearRows(normed, m_store[m_head].detach()), batch.mtpTarget);
}

torch::Tensor NanoModel::logits(const Batch &batch)
{
    torch::NoGradGuard noGrad;
    m_hidden = rmsNorm(trunk(batch, true), m_store[m_finalNorm], m_config.eps);
    return at::mm(m_hidden, m_store[m_head].t());
}

torch::Tensor NanoModel::mtpLogits(const Batch &batch)
{
    torch::NoGradGuard noGrad;
    return at::mm(rmsNorm(mtpHidden(batch), m_store[m_mtpNorm], m_config.eps), m_store[m_head].t());
}

double NanoModel::balance(double gamma)
{
    torch::NoGradGuard noGrad;
    const auto mean = loads.mean(1, true);
    biases.add_((mean - loads).sign(), gamma);
    const auto moe = loads.slice(0, m_config.firstDense, m_config.layers);
    const auto worst = (std::get<0>(moe.max(1)) / moe.mean(1).clamp_min(1.0)).max().item<double>();
    loads.zero_();
    return worst;
}

} // namespace engine::training
