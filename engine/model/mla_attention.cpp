#include "engine/model/mla_attention.h"

#include "engine/model/operands.h"

namespace engine::model {

namespace {

// The two inner norms have this epsilon in DeepSeek's code whatever rms_norm_eps says.
constexpr float latentNormEps = 1e-6F;

backend::LatentCache latentCacheOf(const Chunk &chunk, const ModelConfig &config, int layer)
{
    backend::LatentCache view;
    static_cast<backend::CachePages &>(view) = cachePagesOf(chunk, layer);
    view.latentWidth = config.kv_lora_rank;
    view.ropeWidth = config.qk_rope_head_dim;
    return view;
}

} // namespace

backend::AttentionForm cheaperForm(const ModelConfig &config, int tokens)
{
    const auto expanded = static_cast<double>(config.qk_nope_head_dim + config.v_head_dim);
    const double savedPerQuery = 2.0 * config.kv_lora_rank - expanded;
    const bool pays = savedPerQuery * tokens > expanded * config.kv_lora_rank;
    return pays ? backend::AttentionForm::Expanded : backend::AttentionForm::Absorbed;
}

MlaAttention::MlaAttention(const ModelConfig &config, const LatentAttentionWeights &weights, float softmaxScale)
    : m_config(&config), m_softmaxScale(softmaxScale), m_kvA(matrixOf(weights.kv_a_proj_with_mqa, config.quantization)),
      m_kvANorm(vectorOf(weights.kv_a_layernorm)), m_kvB(matrixOf(weights.kv_b_proj, config.quantization)),
      m_o(matrixOf(weights.o_proj, config.quantization))
{
    m_kvB.inputs = backend::InputRounding::None; // dequantised where it is absorbed, see engine::Activations
    if (config.q_lora_rank > 0) {
        m_qA = matrixOf(weights.q_a_proj, config.quantization);
        m_qANorm = vectorOf(weights.q_a_layernorm);
        m_qB = matrixOf(weights.q_b_proj, config.quantization);
    } else {
        m_qB = matrixOf(weights.q_proj, config.quantization);
    }
}

/// Queries, and the latent before its norm.
void MlaAttention::project(backend::Backend &backend, Activations &activations, const Chunk &chunk) const
{
    const backend::Rows query = activations.query.rows(chunk.tokens);
    const backend::ConstRows input = activations.normed.rows(chunk.tokens);
    const backend::Rows keyValue = activations.keyValue.rows(chunk.tokens);
    if (m_qA) {
        const backend::Rows latent = activations.queryLatent.rows(chunk.tokens);
        const backend::Product products[] = {{&*m_qA, latent}, {&m_kvA, keyValue}};
        backend.linearGroup(input, products);
        backend.rmsNormForProducts(latent, m_qANorm, latentNormEps, latent, m_qB.inputs);
        backend.linear(latent, m_qB, query, false);
    } else {
        const backend::Product products[] = {{&m_qB, query}, {&m_kvA, keyValue}};
        backend.linearGroup(input, products);
    }
    backend.rope(query, m_config->qkHeadDim(), m_config->qk_rope_head_dim, chunk.rope);
}

void MlaAttention::run(backend::Backend &backend, Activations &activations, const Chunk &chunk, int cacheLayer) const
{
    project(backend, activations, chunk);

    backend::LatentArgs latent;
    latent.kv = activations.keyValue.rows(chunk.tokens);
    latent.norm = m_kvANorm;
    latent.eps = latentNormEps;
    latent.rope = chunk.rope;
    latent.cache = latentCacheOf(chunk, *m_config, cacheLayer);
    backend.storeLatent(latent);

    backend::MlaArgs attention;
    attention.form = cheaperForm(*m_config, chunk.tokens);
    attention.heads = m_config->num_attention_heads;
    attention.nopeWidth = m_config->qk_nope_head_dim;
    attention.valueWidth = m_config->v_head_dim;
    attention.softmaxScale = m_softmaxScale;
    attention.q = activations.query.rows(chunk.tokens);
    attention.kvB = m_kvB;
    attention.cache = latent.cache;
    attention.out = activations.attended.rows(chunk.tokens);
    backend.mlaAttention(attention);
    backend.linear(attention.out, m_o, activations.hidden.rows(chunk.tokens), true);
}

} // namespace engine::model
