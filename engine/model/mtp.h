#pragma once
// Multi-token prediction: one more layer that drafts the token after next. V3 report (2412.19437) §2.2; the released
// weights take [embedding; hidden state] in this order, and the hidden state after the final norm.

#include "engine/model/decoder_layer.h"

namespace engine::model {

class Mtp {
public:
    Mtp(const ModelConfig &config, const MtpWeights &weights, float softmaxScale);

    void prepare(backend::Backend &backend) const { m_layer.prepare(backend); }

    /// activations.hidden ← state of the module after its norm, shared_head.norm, for draftLogits() and for drafting
    /// further. Row i: next token `tokens[i]`, main state states[i].
    void run(backend::Backend &backend, Activations &activations, const Chunk &chunk,
             std::span<const std::int32_t> tokens, const backend::ConstRows &states) const;

    const backend::Matrix &head() const { return m_head; } ///< [vocab, hidden]

private:
    backend::Matrix m_embedding;
    backend::Vector m_embeddingNorm;
    backend::Vector m_stateNorm;
    backend::Matrix m_projection;
    DecoderLayer m_layer;
    backend::Vector m_headNorm;
    backend::Matrix m_head;
    float m_eps;
};

} // namespace engine::model
