#include "engine/model/placed_weights.h"

#include "engine/error.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace engine::model {

namespace {

/// Shows every tensor of the weights to `visit`, and those that attention takes apart to `visitApart`.
template <typename Visit, typename VisitApart>
class WeightWalk {
public:
    WeightWalk(const Visit &visit, const VisitApart &visitApart) : m_visit(visit), m_visitApart(visitApart) {}

    void walk(Weights &weights) const
    {
        m_visit(weights.embed_tokens);
        for (LayerWeights &layer : weights.layers)
            walk(layer);
        m_visit(weights.norm);
        walk(weights.lm_head);
        for (MtpWeights &mtp : weights.mtp)
            walk(mtp);
    }

private:
    void walk(Linear &linear) const
    {
        m_visit(linear.weight);
        m_visit(linear.scale);
        m_visit(linear.bias);
    }
    void walk(MlpWeights &mlp) const
    {
        for (Linear *linear : {&mlp.gate_proj, &mlp.up_proj, &mlp.down_proj})
            walk(*linear);
    }
    void walk(MoeWeights &moe) const
    {
        m_visit(moe.gate);
        m_visit(moe.e_score_correction_bias);
        for (MlpWeights &expert : moe.experts)
            walk(expert);
        walk(moe.shared_experts);
    }
    void walk(GroupedQueryWeights &attention) const
    {
        for (Linear *linear : {&attention.q_proj, &attention.k_proj, &attention.v_proj, &attention.o_proj})
            walk(*linear);
        m_visit(attention.q_norm);
        m_visit(attention.k_norm);
    }
    void walk(LatentAttentionWeights &attention) const
    {
        for (Linear *linear : {&attention.q_proj, &attention.q_a_proj, &attention.q_b_proj,
                               &attention.kv_a_proj_with_mqa, &attention.o_proj})
            walk(*linear);
        m_visitApart(attention.kv_b_proj.weight);
        m_visit(attention.kv_b_proj.scale);
        m_visit(attention.kv_b_proj.bias);
        m_visit(attention.q_a_layernorm);
        m_visit(attention.kv_a_layernorm);
    }
    void walk(LayerWeights &layer) const
    {
        m_visit(layer.input_layernorm);
        m_visit(layer.post_attention_layernorm);
        std::visit([this](auto &attention) { walk(attention); }, layer.self_attn);
        std::visit([this](auto &mlp) { walk(mlp); }, layer.mlp);
    }
    void walk(MtpWeights &mtp) const
    {
        for (memory::Tensor *tensor : {&mtp.enorm, &mtp.hnorm, &mtp.embed_tokens, &mtp.shared_head_norm})
            m_visit(*tensor);
        walk(mtp.eh_proj);
        walk(mtp.shared_head_head);
        walk(mtp.layer);
    }

    const Visit &m_visit;
    const VisitApart &m_visitApart;
};

template <typename Visit, typename VisitApart>
void forEachTensor(Weights &weights, const Visit &visit, const VisitApart &visitApart)
{
    WeightWalk(visit, visitApart).walk(weights);
}

/// Gives every tensor its room in one block: a device gives memory out in pieces of megabytes, and a large model has
/// tens of thousands of tensors.
class Placer {
public:
    Placer(backend::Backend &backend, const LoadWatch &watch, const std::string &name)
        : m_backend(backend), m_memory(backend.memory()), m_watch(watch), m_name(name)
    {
    }

    memory::Buffer place(Weights &weights)
    {
        forEachTensor(
            weights, [this](const memory::Tensor &tensor) { measure(tensor, tensor.bytes()); },
            [this](const memory::Tensor &tensor) { measure(tensor, bytesApart(tensor)); });
        memory::Buffer block = m_memory.allocate(m_total);
        m_next = block.data();
        m_placed.clear();
        try {
            forEachTensor(
                weights, [this](memory::Tensor &tensor) { copy(tensor); },
                [this](memory::Tensor &tensor) { copyApart(tensor); });
        } catch (...) {
            m_backend.synchronize(); // no copy may be under way into memory that goes
            throw;
        }
        m_backend.synchronize();
        return block;
    }

private:
    static constexpr std::size_t alignment = 256; ///< what kernels with the widest accesses ask for
    static constexpr std::size_t piece = std::size_t{32} << 20;

    static std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }
    static std::size_t bytesApart(const memory::Tensor &tensor)
    {
        return memory::isBlockType(tensor.dtype) ? tensor.elements() * sizeof(float) : tensor.bytes();
    }

    void measure(const memory::Tensor &tensor, std::size_t bytes)
    {
        if (tensor.empty())
            return;
        if (!m_backend.runs(tensor.dtype))
            throw Error(ErrorCode::UnsupportedFeature, {}, std::string(memory::dtypeName(tensor.dtype)),
                        "The GPU does not compute with weights of type " +
                            std::string(memory::dtypeName(tensor.dtype)) + ". Open this model on the CPU.");
        if (m_placed.try_emplace(tensor.data, nullptr).second)
            m_total += aligned(bytes);
    }

    std::byte *take(std::size_t bytes)
    {
        std::byte *const place = m_next;
        m_next += aligned(bytes);
        return place;
    }

    void copy(memory::Tensor &tensor)
    {
        if (tensor.empty())
            return;
        const auto [known, isNew] = m_placed.try_emplace(tensor.data, nullptr);
        if (isNew) {
            std::byte *const to = take(tensor.bytes());
            upload(to, static_cast<const std::byte *>(tensor.data), tensor.bytes());
            known->second = to;
        }
        tensor.data = known->second;
    }

    /// Attention takes single rows and columns of this one, which is small: as F32, which loses nothing.
    void copyApart(memory::Tensor &tensor)
    {
        if (!memory::isBlockType(tensor.dtype)) {
            copy(tensor);
            return;
        }
        memory::Buffer decoded(tensor.elements() * sizeof(float));
        const auto values = decoded.as<float>();
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = tensor.at(i);
        std::byte *const to = take(decoded.size());
        upload(to, decoded.data(), decoded.size());
        m_backend.synchronize(); // `decoded` goes now
        tensor = memory::Tensor(to, memory::DType::F32, std::vector(tensor.dims().begin(), tensor.dims().end()));
    }

    /// In pieces, so that it can be seen and ended: a large model takes minutes from a slow disk.
    void upload(std::byte *to, const std::byte *from, std::size_t bytes)
    {
        for (std::size_t done = 0; done < bytes; done += piece) {
            m_watch.throwIfStopped(m_name);
            m_watch.report(LoadStage::Buffers, m_copied, m_total);
            const std::size_t size = std::min(piece, bytes - done);
            m_memory.upload(to + done, from + done, size);
            m_copied += size;
            m_sincePace += size;
            if (m_sincePace >= piece) {
                m_backend.keepPace();
                m_sincePace = 0;
            }
        }
    }

    backend::Backend &m_backend;
    memory::MemorySpace &m_memory;
    const LoadWatch &m_watch;
    const std::string &m_name;
    std::unordered_map<const void *, const void *> m_placed;
    std::byte *m_next = nullptr;
    std::size_t m_total = 0;
    std::size_t m_copied = 0;
    std::size_t m_sincePace = 0;
};

} // namespace

PlacedWeights placeWeights(const Weights &weights, backend::Backend &backend, const LoadWatch &watch,
                           const std::string &name)
{
    PlacedWeights placed{weights, {}};
    if (!backend.memory().isHost())
        placed.memory = Placer(backend, watch, name).place(placed.weights);
    return placed;
}

} // namespace engine::model
