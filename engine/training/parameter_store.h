#pragma once
// All weights of a nano model in flat F32 buffers: `master` is what the optimizer moves,
// `live` is what the forward pass reads (rounded to the storage formats once that phase begins).

#include <torch/torch.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace engine::training {

enum class Storage { Bf16, Fp8 };

/// One tensor of the exported checkpoint.
struct Piece {
    std::string name;
    std::vector<std::int64_t> shape;
    Storage storage = Storage::Bf16;
    double initStd = 0.0; ///< 0: all ones (norms)
    std::int64_t offset = 0;

    std::int64_t count() const;
    bool decays() const { return shape.size() > 1; }
};

class ParameterStore {
public:
    /// A live tensor of `shape` made of consecutive checkpoint pieces; returns its handle.
    std::size_t add(std::vector<std::int64_t> shape, std::vector<Piece> pieces);
    /// Everything added from here on belongs to the multi-token-prediction layer.
    void beginMtp() { m_mtpBegin = m_size; }
    void allocate(std::uint64_t seed);
    const torch::Tensor &operator[](std::size_t handle) const { return m_live[handle]; }

    /// live = master, or master rounded to the storage formats.
    void refreshLive(bool rounded);

    const std::vector<Piece> &pieces() const { return m_pieces; }
    std::int64_t size() const { return m_size; }
    std::int64_t mtpBegin() const { return m_mtpBegin; }
    torch::Tensor master, grad, decayMask;

private:
    void makeViews();
    std::vector<Piece> m_pieces;
    std::vector<std::pair<std::int64_t, std::vector<std::int64_t>>> m_shapes; ///< offset, shape
    std::vector<torch::Tensor> m_live;
    torch::Tensor m_flatLive;
    std::int64_t m_size = 0;
    std::int64_t m_mtpBegin = 0;
};

} // namespace engine::training
