#pragma once
// A backend that counts what passes through it: calls, bytes, operations and time of every op.

#include "engine/measurement/op_cost.h"

#include <vector>

namespace engine::measurement {

/// What becomes of the experts' choices in the count.
enum class Choices {
    Read,     ///< read back and counted
    Expected, ///< as uniform choices give on average: where nothing is computed
};

/// The ops go to `inner`, with marks before and after; each synchronize() settles the account. An op that inner runs
/// without being asked (from a recorded step) is not seen.
class OpMeter : public backend::Backend {
public:
    OpMeter(backend::Backend &inner, Choices choices) : m_inner(inner), m_choices(choices) {}

    std::vector<OpFigure> figures() const { return m_figures; } ///< since reset(), in the order of first use
    void reset() { m_figures.clear(); }

    memory::MemorySpace &memory() override { return m_inner.memory(); }
    bool runs(memory::DType weight) const override { return m_inner.runs(weight); }
    void prepareExperts(std::span<const backend::Mlp> experts, const backend::Mlp *shared) override
    {
        m_inner.prepareExperts(experts, shared);
    }
    void reserve(const backend::WorkspaceShape &shape) override { m_inner.reserve(shape); }
    std::uint64_t reservedBytes() const override { return m_inner.reservedBytes(); }
    void synchronize() override;
    void stopOn(std::stop_token stop) override { m_inner.stopOn(std::move(stop)); }
    void keepPace() override { m_inner.keepPace(); }
    void mark(std::size_t slot) override { m_inner.mark(slot); }
    double millisecondsBetween(std::size_t first, std::size_t second) override
    {
        return m_inner.millisecondsBetween(first, second);
    }

    void embed(std::span<const std::int32_t> ids, const backend::Matrix &table, const backend::Rows &out) override;
    void rmsNorm(const backend::ConstRows &x, const backend::Vector &weight, float eps,
                 const backend::Rows &out) override;
    void rmsNormForProducts(const backend::ConstRows &x, const backend::Vector &weight, float eps,
                            const backend::Rows &out, backend::InputRounding inputs) override;
    void linear(const backend::ConstRows &x, const backend::Matrix &weight, const backend::Rows &out,
                bool accumulate) override;
    void rope(const backend::Rows &x, int headWidth, int ropeWidth, const backend::RopeRows &rope) override;
    void storeLatent(const backend::LatentArgs &args) override;
    void mlaAttention(const backend::MlaArgs &args) override;
    void storeKeyValue(const backend::KeyValueArgs &args) override;
    void gqaAttention(const backend::GqaArgs &args) override;
    void route(const backend::RouteArgs &args) override;
    void expertFfn(const backend::ExpertArgs &args) override;
    void sample(const backend::SampleArgs &args) override;

private:
    struct Call {
        OpFigure cost;
        std::vector<std::uint16_t> ids; ///< [tokens, routeStride], once they are read
        backend::ExpertArgs experts;    ///< with Choices::Read: to be counted
        bool counted = true;
    };

    template <typename Run>
    void meter(Call call, const Run &run);
    void settle(Call &call, std::size_t index);

    backend::Backend &m_inner;
    Choices m_choices;
    std::vector<Call> m_pending;
    std::vector<OpFigure> m_figures;
};

/// Adds `cost` to the figure of the same op and shape.
void addFigure(std::vector<OpFigure> &figures, const OpFigure &cost);

} // namespace engine::measurement
