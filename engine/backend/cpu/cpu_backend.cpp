#include "engine/backend/cpu/absorbed_attention.h"
#include "engine/backend/cpu/expanded_attention.h"
#include "engine/backend/cpu/expert_ffn.h"
#include "engine/backend/cpu/gqa_attention.h"
#include "engine/backend/cpu/ops.h"
#include "engine/backend/cpu/rounded_inputs.h"
#include "engine/backend/cpu/route.h"

#include <thread>

namespace engine::backend {

namespace {

/// The op table: each op lies in its own file.
class CpuBackend final : public Backend {
public:
    explicit CpuBackend(int threads) : m_parallel(threads) {}

    memory::MemorySpace &memory() override { return memory::hostMemory(); }
    bool runs(memory::DType weight) const override
    {
        return memory::isFloatMatrixType(weight) || memory::isBlockType(weight);
    }
    void reserve(const WorkspaceShape &shape) override
    {
        m_latentPages.reserve(shape, m_parallel.threads());
        m_absorbed.reserve(shape, m_parallel.threads());
        m_expanded.reserve(shape, m_parallel.threads());
        m_gqa.reserve(shape, m_parallel.threads());
        m_route.reserve(shape, m_parallel.threads());
        m_experts.reserve(shape);
        m_rounded.reserve(shape);
        m_chooser.reserve(shape.vocab);
    }
    void stopOn(std::stop_token stop) override { m_parallel.stopOn(std::move(stop)); }
    std::uint64_t reservedBytes() const override
    {
        return m_latentPages.scratchBytes() + m_absorbed.scratchBytes() + m_expanded.scratchBytes() +
               m_gqa.scratchBytes() + m_route.scratchBytes() + m_experts.scratchBytes() + m_rounded.scratchBytes() +
               m_chooser.bytes();
    }
    void synchronize() override {}
    void embed(std::span<const std::int32_t> ids, const Matrix &table, const Rows &out) override
    {
        cpu::embed(m_parallel, ids, table, out);
    }
    void rmsNorm(const ConstRows &x, const Vector &weight, float eps, const Rows &out) override
    {
        cpu::rmsNorm(m_parallel, x, weight, eps, out);
    }
    void linear(const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate) override
    {
        cpu::linear(m_parallel, m_rounded.of(m_parallel, x, weight.inputs), weight, out, accumulate);
    }
    void linearGroup(const ConstRows &x, std::span<const Product> products) override
    {
        const InputRounding rounding = products.empty() ? InputRounding::None : products.front().weight->inputs;
        const ConstRows rounded = m_rounded.of(m_parallel, x, rounding);
        for (const Product &product : products) {
            if (product.weight->inputs == rounding)
                cpu::linear(m_parallel, rounded, *product.weight, product.out, false);
        }
        for (const Product &product : products) {
            if (product.weight->inputs != rounding)
                linear(x, *product.weight, product.out, false);
        }
    }
    void rope(const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope) override
    {
        cpu::rope(m_parallel, x, headWidth, ropeWidth, rope);
    }
    void storeLatent(const LatentArgs &args) override { cpu::storeLatent(m_parallel, args); }
    void mlaAttention(const MlaArgs &args) override
    {
        if (args.form == AttentionForm::Absorbed)
            m_absorbed.run(m_parallel, args, m_latentPages);
        else
            m_expanded.run(m_parallel, args, m_latentPages);
    }
    void storeKeyValue(const KeyValueArgs &args) override { cpu::storeKeyValue(m_parallel, args); }
    void gqaAttention(const GqaArgs &args) override { m_gqa.run(m_parallel, args); }
    void route(const RouteArgs &args) override { m_route.run(m_parallel, args); }
    void expertFfn(const ExpertArgs &args) override { m_experts.run(m_parallel, args, m_rounded); }
    void sample(const SampleArgs &args) override
    {
        const auto defined = static_cast<std::size_t>(args.settings->definedTokens);
        const bool penalised = args.settings->repetitionPenalty != 1.0F;
        *args.out = m_chooser.choose({args.logits.row(0), static_cast<std::size_t>(args.logits.width)}, *args.settings,
                                     penalised ? std::span(args.seen, defined) : std::span<std::uint8_t>());
    }

private:
    cpu::Parallel m_parallel;
    cpu::LatentPages m_latentPages;
    cpu::AbsorbedAttention m_absorbed;
    cpu::ExpandedAttention m_expanded;
    cpu::GqaAttention m_gqa;
    cpu::Route m_route;
    cpu::ExpertFfn m_experts;
    cpu::RoundedInputs m_rounded;
    sampling::TokenChooser m_chooser;
};

} // namespace

std::unique_ptr<Backend> makeCpuBackend(int threads)
{
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    return std::make_unique<CpuBackend>(threads > 0 ? threads : cores);
}

} // namespace engine::backend
