#include "engine/model/placed_weights.h"

#include "engine/error.h"

#include <string>
#include <unordered_map>

namespace engine::model {

namespace {

/// Replaces the address in every view it is shown.
class Placer {
public:
    Placer(backend::Backend &backend, std::vector<memory::Buffer> &buffers)
        : m_backend(backend), m_memory(backend.memory()), m_buffers(buffers)
    {
    }

    void place(memory::Tensor &tensor)
    {
        if (tensor.empty())
            return;
        requireRunnable(tensor);
        const auto [known, isNew] = m_placed.try_emplace(tensor.data, nullptr);
        if (isNew) {
            m_buffers.push_back(m_memory.allocate(tensor.bytes()));
            m_memory.upload(m_buffers.back().data(), tensor.data, tensor.bytes());
            known->second = m_buffers.back().data();
        }
        tensor.data = known->second;
    }
    void place(Linear &linear)
    {
        place(linear.weight);
        place(linear.scale);
        place(linear.bias);
    }
    void place(MlpWeights &mlp)
    {
        for (Linear *linear : {&mlp.gate_proj, &mlp.up_proj, &mlp.down_proj})
            place(*linear);
    }
    void place(MoeWeights &moe)
    {
        place(moe.gate);
        place(moe.e_score_correction_bias);
        for (MlpWeights &expert : moe.experts)
            place(expert);
        place(moe.shared_experts);
    }
    void place(GroupedQueryWeights &attention)
    {
        for (Linear *linear : {&attention.q_proj, &attention.k_proj, &attention.v_proj, &attention.o_proj})
            place(*linear);
        place(attention.q_norm);
        place(attention.k_norm);
    }
    void place(LatentAttentionWeights &attention)
    {
        for (Linear *linear : {&attention.q_proj, &attention.q_a_proj, &attention.q_b_proj,
                               &attention.kv_a_proj_with_mqa, &attention.o_proj})
            place(*linear);
        if (memory::isBlockType(attention.kv_b_proj.weight.dtype))
            placeDecoded(attention.kv_b_proj.weight);
        else
            place(attention.kv_b_proj);
        place(attention.q_a_layernorm);
        place(attention.kv_a_layernorm);
    }
    void place(LayerWeights &layer)
    {
        place(layer.input_layernorm);
        place(layer.post_attention_layernorm);
        std::visit([this](auto &attention) { place(attention); }, layer.self_attn);
        std::visit([this](auto &mlp) { place(mlp); }, layer.mlp);
    }
    void place(MtpWeights &mtp)
    {
        for (memory::Tensor *tensor : {&mtp.enorm, &mtp.hnorm, &mtp.embed_tokens, &mtp.shared_head_norm})
            place(*tensor);
        place(mtp.eh_proj);
        place(mtp.shared_head_head);
        place(mtp.layer);
    }

private:
    void requireRunnable(const memory::Tensor &tensor) const
    {
        if (!m_backend.runs(tensor.dtype))
            throw Error(ErrorCode::UnsupportedFeature, {}, std::string(memory::dtypeName(tensor.dtype)),
                        "The GPU does not compute with weights of type " +
                            std::string(memory::dtypeName(tensor.dtype)) + ". Open this model on the CPU.");
    }

    /// As F32, which loses nothing: attention takes single rows and columns of kv_b_proj, which is small.
    void placeDecoded(memory::Tensor &tensor)
    {
        memory::Buffer decoded(tensor.elements() * sizeof(float));
        const auto values = decoded.as<float>();
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = tensor.at(i);
        tensor =
            memory::Tensor(values.data(), memory::DType::F32, std::vector(tensor.dims().begin(), tensor.dims().end()));
        place(tensor);
        m_backend.synchronize(); // `decoded` goes now
        m_placed.erase(values.data());
    }

    backend::Backend &m_backend;
    memory::MemorySpace &m_memory;
    std::vector<memory::Buffer> &m_buffers;
    std::unordered_map<const void *, const void *> m_placed;
};

} // namespace

PlacedWeights placeWeights(const Weights &weights, backend::Backend &backend)
{
    PlacedWeights placed{weights, {}};
    if (backend.memory().isHost())
        return placed;
    Placer placer(backend, placed.memory);
    placer.place(placed.weights.embed_tokens);
    for (LayerWeights &layer : placed.weights.layers)
        placer.place(layer);
    placer.place(placed.weights.norm);
    placer.place(placed.weights.lm_head);
    for (MtpWeights &mtp : placed.weights.mtp)
        placer.place(mtp);
    return placed;
}

} // namespace engine::model
