#pragma once
// DeepSeek-V3 for training: MLA, noaux_tc MoE, one multi-token-prediction layer.

#include "engine/training/batcher.h"
#include "engine/training/fused_ops.h"
#include "engine/training/nano_config.h"
#include "engine/training/parameter_store.h"

namespace engine::training {

class NanoModel {
public:
    NanoModel(const NanoConfig &config, std::uint64_t seed);

    /// Mean cross entropy of the next token. With `keepHidden` the normalised hidden
    /// states of every position are kept for mtpLoss.
    torch::Tensor loss(const Batch &batch, bool keepHidden);
    /// Mean cross entropy of the token after the next one; the trunk gets no gradient.
    torch::Tensor mtpLoss(const Batch &batch);
    /// [rows * time, vocab]
    torch::Tensor logits(const Batch &batch);
    torch::Tensor mtpLogits(const Batch &batch);

    /// Loss-free balancing: moves each selection bias against the load since the last call.
    /// Returns the largest max/mean load over the trunk layers.
    double balance(double gamma);

    const NanoConfig &config() const { return m_config; }
    ParameterStore &parameters() { return m_store; }
    const ParameterStore &parameters() const { return m_store; }
    torch::Tensor biases, loads; ///< [layers + 1, experts], rows of dense layers unused

private:
    struct Layer {
        std::size_t inputNorm, qkvA, qNorm, kvNorm, qB, kvB, o, postNorm;
        std::size_t gateUp, down, gate, expertGateUp, expertDown;
        bool dense;
    };
    Layer declareLayer(std::int64_t index);
    void declareAttention(Layer &layer, const std::string &prefix);
    void declareExperts(Layer &layer, const std::string &prefix);
    std::size_t norm(const std::string &name, std::int64_t width);
    std::size_t linear(const std::string &name, std::int64_t rows, std::int64_t cols, Storage storage, double std);
    std::size_t gateUp(const std::string &prefix, std::int64_t width);

    torch::Tensor attention(const torch::Tensor &x, const Layer &layer, const Batch &batch) const;
    torch::Tensor feedForward(const torch::Tensor &x, std::int64_t index);
    torch::Tensor trunk(const Batch &batch, bool allRows);
    torch::Tensor mtpHidden(const Batch &batch);

    NanoConfig m_config;
    ParameterStore m_store;
    std::vector<Layer> m_layers; ///< the last one is the MTP layer
    std::size_t m_embed, m_head, m_finalNorm, m_eNorm, m_hNorm, m_ehProj, m_mtpNorm;
    torch::Tensor m_ropeTable, m_hidden;
};

} // namespace engine::training
