#include "engine/training/parameter_store.h"

#include "engine/training/fp8.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace engine::training {

std::int64_t Piece::count() const
{
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::size_t ParameterStore::add(std::vector<std::int64_t> shape, std::vector<Piece> pieces)
{
    m_shapes.emplace_back(m_size, std::move(shape));
    for (auto &piece : pieces) {
        piece.offset = m_size;
        m_size += piece.count();
        m_pieces.push_back(std::move(piece));
    }
    return m_shapes.size() - 1;
}

void ParameterStore::allocate(std::uint64_t seed)
{
    master = torch::empty({m_size});
    grad = torch::zeros({m_size});
    decayMask = torch::zeros({m_size});
    m_flatLive = torch::empty({m_size});
    std::mt19937_64 rng(seed);
    std::normal_distribution<float> normal;
    for (const auto &piece : m_pieces) {
        float *at = master.data_ptr<float>() + piece.offset;
        const auto std = static_cast<float>(piece.initStd);
        std::generate_n(at, piece.count(), [&] { return std == 0.0F ? 1.0F : std * normal(rng); });
        decayMask.narrow(0, piece.offset, piece.count()).fill_(piece.decays() ? 1.0 : 0.0);
    }
    makeViews();
    refreshLive(false);
}

void ParameterStore::makeViews()
{
    for (const auto &[offset, shape] : m_shapes) {
        const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
        auto live = m_flatLive.narrow(0, offset, count).view(shape).detach();
        live.set_requires_grad(true);
        live.mutable_grad() = grad.narrow(0, offset, count).view(shape);
        m_live.push_back(live);
    }
}

void ParameterStore::refreshLive(bool rounded)
{
    const float *from = master.data_ptr<float>();
    float *to = m_flatLive.data_ptr<float>();
    if (!rounded) {
        std::copy_n(from, m_size, to);
        return;
    }
    for (const auto &piece : m_pieces) {
        if (piece.storage == Storage::Fp8)
            fakeQuantizeFp8(from + piece.offset, to + piece.offset, piece.shape[0], piece.shape[1]);
        else
            roundToBf16(from + piece.offset, to + piece.offset, piece.count());
    }
}

} // namespace engine::training
