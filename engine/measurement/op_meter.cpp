#include "engine/measurement/op_meter.h"

#include <algorithm>
#include <set>

namespace engine::measurement {

namespace {

double distinctOf(std::span<const std::uint16_t> ids, const backend::ExpertArgs &args)
{
    std::set<std::uint16_t> distinct;
    for (int token = 0; token < args.x.rows; ++token) {
        const auto row = ids.subspan(static_cast<std::size_t>(token) * args.routeStride);
        distinct.insert(row.begin(), row.begin() + args.topK);
    }
    return static_cast<double>(distinct.size());
}

std::size_t idCount(const backend::ExpertArgs &args)
{
    return static_cast<std::size_t>(args.x.rows - 1) * args.routeStride + static_cast<std::size_t>(args.topK);
}

} // namespace

void addFigure(std::vector<OpFigure> &figures, const OpFigure &cost)
{
    const auto same = std::find_if(figures.begin(), figures.end(), [&](const OpFigure &figure) {
        return figure.op == cost.op && figure.shape == cost.shape;
    });
    if (same == figures.end()) {
        figures.push_back(cost);
        return;
    }
    same->calls += cost.calls;
    same->weightBytes += cost.weightBytes;
    same->cacheBytes += cost.cacheBytes;
    same->activationBytes += cost.activationBytes;
    same->flops += cost.flops;
    same->milliseconds += cost.milliseconds;
}

template <typename Run>
void OpMeter::meter(Call call, const Run &run)
{
    const std::size_t slot = 2 * m_pending.size();
    m_pending.push_back(std::move(call));
    m_inner.mark(slot);
    run();
    m_inner.mark(slot + 1);
}

void OpMeter::synchronize()
{
    for (Call &call : m_pending) {
        if (call.counted)
            continue;
        call.ids.resize(idCount(call.experts));
        m_inner.memory().download(call.ids.data(), call.experts.ids, call.ids.size() * sizeof call.ids[0]);
    }
    m_inner.synchronize();
    for (std::size_t i = 0; i < m_pending.size(); ++i)
        settle(m_pending[i], i);
    m_pending.clear();
}

void OpMeter::settle(Call &call, std::size_t index)
{
    if (!call.counted)
        call.cost = costOfExpertFfn(call.experts, distinctOf(call.ids, call.experts));
    call.cost.milliseconds = m_inner.millisecondsBetween(2 * index, 2 * index + 1);
    addFigure(m_figures, call.cost);
}

void OpMeter::embed(std::span<const std::int32_t> ids, const backend::Matrix &table, const backend::Rows &out)
{
    meter({costOfEmbed(ids.size(), table, out), {}, {}}, [&] { m_inner.embed(ids, table, out); });
}

void OpMeter::rmsNorm(const backend::ConstRows &x, const backend::Vector &weight, float eps, const backend::Rows &out)
{
    meter({costOfRmsNorm(x, weight), {}, {}}, [&] { m_inner.rmsNorm(x, weight, eps, out); });
}

void OpMeter::rmsNormForProducts(const backend::ConstRows &x, const backend::Vector &weight, float eps,
                                 const backend::Rows &out, backend::InputRounding inputs)
{
    meter({costOfRmsNorm(x, weight), {}, {}}, [&] { m_inner.rmsNormForProducts(x, weight, eps, out, inputs); });
}

void OpMeter::linear(const backend::ConstRows &x, const backend::Matrix &weight, const backend::Rows &out,
                     bool accumulate)
{
    meter({costOfLinear(x, weight, accumulate), {}, {}}, [&] { m_inner.linear(x, weight, out, accumulate); });
}

void OpMeter::rope(const backend::Rows &x, int headWidth, int ropeWidth, const backend::RopeRows &rope)
{
    meter({costOfRope(x, headWidth, ropeWidth), {}, {}}, [&] { m_inner.rope(x, headWidth, ropeWidth, rope); });
}

void OpMeter::storeLatent(const backend::LatentArgs &args)
{
    meter({costOfStoreLatent(args), {}, {}}, [&] { m_inner.storeLatent(args); });
}

void OpMeter::mlaAttention(const backend::MlaArgs &args)
{
    meter({costOfMlaAttention(args), {}, {}}, [&] { m_inner.mlaAttention(args); });
}

void OpMeter::storeKeyValue(const backend::KeyValueArgs &args)
{
    meter({costOfStoreKeyValue(args), {}, {}}, [&] { m_inner.storeKeyValue(args); });
}

void OpMeter::gqaAttention(const backend::GqaArgs &args)
{
    meter({costOfGqaAttention(args), {}, {}}, [&] { m_inner.gqaAttention(args); });
}

void OpMeter::route(const backend::RouteArgs &args)
{
    meter({costOfRoute(args), {}, {}}, [&] { m_inner.route(args); });
}

void OpMeter::expertFfn(const backend::ExpertArgs &args)
{
    Call call;
    if (args.topK > 0 && m_choices == Choices::Read) {
        call.experts = args;
        call.counted = false;
    } else {
        const double distinct = args.topK > 0 ? expectedExperts(args.experts.size(), args.topK, args.x.rows) : 0.0;
        call.cost = costOfExpertFfn(args, distinct);
    }
    meter(std::move(call), [&] { m_inner.expertFfn(args); });
}

void OpMeter::sample(const backend::SampleArgs &args)
{
    meter({costOfSample(args), {}, {}}, [&] { m_inner.sample(args); });
}

} // namespace engine::measurement
