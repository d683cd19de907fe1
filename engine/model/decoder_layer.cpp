#include "engine/model/decoder_layer.h"

#include "engine/model/operands.h"

namespace engine::model {

namespace {

std::variant<MlaAttention, GqaAttention> makeAttention(const ModelConfig &config, const LayerWeights &weights,
                                                       float softmaxScale)
{
    if (const auto *latent = std::get_if<LatentAttentionWeights>(&weights.self_attn))
        return MlaAttention(config, *latent, softmaxScale);
    return GqaAttention(config, std::get<GroupedQueryWeights>(weights.self_attn), softmaxScale);
}

std::variant<DenseMlp, Moe> makeFfn(const ModelConfig &config, const LayerWeights &weights)
{
    if (const auto *experts = std::get_if<MoeWeights>(&weights.mlp))
        return Moe(config, *experts);
    return DenseMlp(config, std::get<MlpWeights>(weights.mlp));
}

} // namespace

DecoderLayer::DecoderLayer(const ModelConfig &config, const LayerWeights &weights, float softmaxScale)
    : m_inputNorm(vectorOf(weights.input_layernorm)), m_postAttentionNorm(vectorOf(weights.post_attention_layernorm)),
      m_eps(static_cast<float>(config.rms_norm_eps)), m_attention(makeAttention(config, weights, softmaxScale)),
      m_ffn(makeFfn(config, weights))
{
}

void DecoderLayer::prepare(backend::Backend &backend) const
{
    if (const auto *experts = std::get_if<Moe>(&m_ffn))
        experts->prepare(backend);
}

void DecoderLayer::run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int cacheLayer,
                       int routeRow) const
{
    const backend::Rows hidden = activations.hidden.rows(chunk.tokens);
    const backend::Rows normed = activations.normed.rows(chunk.tokens);
    const auto inputsOf = [](const auto &part) {
        return std::visit([](const auto &concrete) { return concrete.inputs(); }, part);
    };
    backend.rmsNormForProducts(hidden, m_inputNorm, m_eps, normed, inputsOf(m_attention));
    std::visit([&](const auto &attention) { attention.run(backend, activations, chunk, cacheLayer); }, m_attention);
    backend.rmsNormForProducts(hidden, m_postAttentionNorm, m_eps, normed, inputsOf(m_ffn));
    if (const auto *experts = std::get_if<Moe>(&m_ffn))
        experts->run(backend, activations, chunk, routeRow);
    else
        std::get<DenseMlp>(m_ffn).run(backend, activations, chunk.tokens);
}

} // namespace engine::model
