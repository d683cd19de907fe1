#include "engine/training/fused_ops.h"
#include "engine/training/math_type.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace engine::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// act = silu(gate) * up * weight(row); `weight` may be null.
template <typename T>
void swigluRows(const T *h, const float *weight, T *act, std::int64_t rows, std::int64_t width)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        const T *gate = h + r * 2 * width, *up = gate + width;
        const float w = weight ? weight[r] : 1.0F;
        for (std::int64_t i = 0; i < width; ++i) {
            const float g = gate[i];
            act[r * width + i] = T(w * g * static_cast<float>(up[i]) / (1.0F + std::exp(-g)));
        }
    }
}

/// From d(act): d(h), and with weights also d(weight).
template <typename T>
void swigluRowsBackward(const T *h, const float *weight, const T *dAct, T *dh, float *dWeight, std::int64_t rows,
                        std::int64_t width)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        const T *gate = h + r * 2 * width, *up = gate + width, *d = dAct + r * width;
        T *dGate = dh + r * 2 * width, *dUp = dGate + width;
        const float w = weight ? weight[r] : 1.0F;
        float dot = 0.0F;
        for (std::int64_t i = 0; i < width; ++i) {
            const float g = gate[i], u = up[i], di = d[i];
            const float s = 1.0F / (1.0F + std::exp(-g));
            const float silu = g * s;
            dot += di * silu * u;
            dUp[i] = T(w * di * silu);
            dGate[i] = T(w * di * u * s * (1.0F + g - silu));
        }
        if (dWeight)
            dWeight[r] = dot;
    }
}

/// weight [rows] or undefined.
torch::Tensor swiglu(const torch::Tensor &h, const torch::Tensor &weight)
{
    const auto rows = h.size(0), width = h.size(1) / 2;
    auto act = torch::empty({rows, width}, h.options());
    const float *w = weight.defined() ? weight.data_ptr<float>() : nullptr;
    withValues(
        h, [&](auto *values) { swigluRows(values, w, static_cast<decltype(values)>(act.data_ptr()), rows, width); });
    return act;
}

torch::Tensor swigluBackward(const torch::Tensor &h, const torch::Tensor &weight, const torch::Tensor &dAct,
                             torch::Tensor dWeight)
{
    auto dh = torch::empty_like(h);
    const float *w = weight.defined() ? weight.data_ptr<float>() : nullptr;
    float *dw = dWeight.defined() ? dWeight.data_ptr<float>() : nullptr;
    withValues(h, [&](auto *values) {
        using Values = decltype(values);
        swigluRowsBackward(values, w, static_cast<Values>(dAct.data_ptr()), static_cast<Values>(dh.data_ptr()), dw,
                           dAct.size(0), dAct.size(1));
    });
    return dh;
}

class SwigluMlp : public torch::autograd::Function<SwigluMlp> {
public:
    static torch::Tensor forward(AutogradContext *ctx, const torch::Tensor &x, const torch::Tensor &gateUp,
                                 const torch::Tensor &down)
    {
        const auto xp = toProduct(x), in = toProduct(gateUp), out = toProduct(down);
        const auto h = at::mm(xp, in.t());
        const auto act = swiglu(h, {});
        ctx->save_for_backward({xp, in, out, h, act});
        return at::mm(act, out.t()).to(at::kFloat);
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads)
    {
        const auto v = ctx->get_saved_variables();
        const auto dy = grads[0].to(v[0].scalar_type()).contiguous();
        const auto dh = swigluBackward(v[3], {}, at::mm(dy, v[2]), {});
        return {at::mm(dh, v[1]).to(at::kFloat), at::mm(dh.t(), v[0]).to(at::kFloat),
                at::mm(dy.t(), v[4]).to(at::kFloat)};
    }
};

/// The experts chosen for one token, by the rules of noaux_tc.
class Selector {
public:
    explicit Selector(const RouterShape &shape) : m_shape(shape), m_biased(static_cast<std::size_t>(shape.experts)) {}

    void select(const float *score, const float *bias, std::int32_t *chosen)
    {
        for (std::int64_t e = 0; e < m_shape.experts; ++e)
            m_biased[static_cast<std::size_t>(e)] = score[e] + bias[e];
        keepBestGroups();
        for (std::int64_t k = 0; k < m_shape.topK; ++k) {
            const auto best = std::max_element(m_biased.begin(), m_biased.end());
            chosen[k] = static_cast<std::int32_t>(best - m_biased.begin());
            *best = kOut;
        }
    }

private:
    static constexpr float kOut = -std::numeric_limits<float>::max();

    float groupScore(std::int64_t group) const
    {
        const auto size = m_shape.experts / m_shape.groups;
        float first = kOut, second = kOut;
        for (std::int64_t e = group * size; e < (group + 1) * size; ++e) {
            const float value = m_biased[static_cast<std::size_t>(e)];
            second = value > first ? first : std::max(second, value);
            first = std::max(first, value);
        }
        return first + second;
    }

    void keepBestGroups()
    {
        const auto size = m_shape.experts / m_shape.groups;
        m_groups.clear();
        for (std::int64_t g = 0; g < m_shape.groups; ++g)
            m_groups.emplace_back(-groupScore(g), g);
        std::sort(m_groups.begin(), m_groups.end());
        for (auto i = m_shape.topGroups; i < m_shape.groups; ++i) {
            const auto first = m_biased.begin() + m_groups[static_cast<std::size_t>(i)].second * size;
            std::fill(first, first + size, kOut);
        }
    }

    RouterShape m_shape;
    std::vector<float> m_biased;
    std::vector<std::pair<float, std::int64_t>> m_groups;
};

/// Token-expert slots sorted by expert.
struct Slots {
    torch::Tensor token;  ///< int32 [S]: row of x
    torch::Tensor expert; ///< int32 [S]
    torch::Tensor rank;   ///< int32 [N*K]: slot of (token, k)
    torch::Tensor weight; ///< [S]
    std::vector<std::int64_t> begin;
};

/// BF16 kernels are generated per shape, so the segments come in few sizes; spare slots have token -1.
std::int64_t paddedCount(std::int64_t count)
{
    const std::int64_t unit = productType() == at::kBFloat16 ? 64 : 1;
    return (count + unit - 1) / unit * unit;
}

std::vector<std::int64_t> segmentBegins(const std::vector<std::int32_t> &chosen, std::int64_t experts)
{
    std::vector<std::int64_t> begin(static_cast<std::size_t>(experts + 1), 0);
    for (const auto e : chosen)
        ++begin[static_cast<std::size_t>(e + 1)];
    std::transform(begin.begin(), begin.end(), begin.begin(), paddedCount);
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    return begin;
}

Slots sortSlots(const std::vector<std::int32_t> &chosen, const float *score, const RouterShape &r, std::int64_t rows)
{
    auto begin = segmentBegins(chosen, r.experts);
    const auto count = begin.back();
    const auto ints = at::TensorOptions(torch::kInt32);
    Slots s{torch::full({count}, -1, ints), torch::zeros({count}, ints), torch::empty({rows * r.topK}, ints),
            torch::zeros({count}), begin};
    auto &next = begin;
    for (std::int64_t t = 0; t < rows; ++t) {
        float sum = 1e-20F;
        for (std::int64_t k = 0; k < r.topK; ++k)
            sum += score[t * r.experts + chosen[static_cast<std::size_t>(t * r.topK + k)]];
        for (std::int64_t k = 0; k < r.topK; ++k) {
            const auto e = chosen[static_cast<std::size_t>(t * r.topK + k)];
            const auto slot = next[static_cast<std::size_t>(e)]++;
            s.token.data_ptr<std::int32_t>()[slot] = static_cast<std::int32_t>(t);
            s.expert.data_ptr<std::int32_t>()[slot] = e;
            s.rank.data_ptr<std::int32_t>()[t * r.topK + k] = static_cast<std::int32_t>(slot);
            s.weight.data_ptr<float>()[slot] = score[t * r.experts + e] / sum * static_cast<float>(r.scale);
        }
    }
    return s;
}

torch::Tensor gather(const torch::Tensor &x, const torch::Tensor &token)
{
    const auto width = x.size(1);
    auto out = emptyProduct({token.size(0), width});
    const auto *row = token.data_ptr<std::int32_t>();
    withValues(out, [&](auto *values) {
        for (std::int64_t i = 0; i < token.size(0); ++i) {
            if (row[i] < 0)
                std::fill_n(values + i * width, width, 0.0F);
            else
                std::copy_n(x.data_ptr<float>() + row[i] * width, width, values + i * width);
        }
    });
    return out;
}

/// out[t] += sum over k of rows[rank[t][k]]
void combine(const torch::Tensor &rows, const torch::Tensor &rank, std::int64_t topK, torch::Tensor &out)
{
    const auto width = out.size(1);
    const auto *at = rank.data_ptr<std::int32_t>();
    withValues(rows, [&](const auto *values) {
        for (std::int64_t t = 0; t < out.size(0); ++t) {
            float *to = out.data_ptr<float>() + t * width;
            for (std::int64_t k = 0; k < topK; ++k) {
                const auto *from = values + at[t * topK + k] * width;
                for (std::int64_t i = 0; i < width; ++i)
                    to[i] += static_cast<float>(from[i]);
            }
        }
    });
}

/// d(logits) from d(slot weight), through normalisation and sigmoid.
torch::Tensor routerGradient(const torch::Tensor &score, const torch::Tensor &expert, const torch::Tensor &rank,
                             const torch::Tensor &dWeight, std::int64_t topK, float scale)
{
    auto out = torch::zeros_like(score);
    const auto experts = score.size(1);
    const auto *at = rank.data_ptr<std::int32_t>();
    const auto *ex = expert.data_ptr<std::int32_t>();
    const float *dw = dWeight.data_ptr<float>();
    for (std::int64_t t = 0; t < score.size(0); ++t) {
        const float *s = score.data_ptr<float>() + t * experts;
        float sum = 1e-20F, dot = 0.0F;
        for (std::int64_t k = 0; k < topK; ++k) {
            const auto slot = at[t * topK + k];
            sum += s[ex[slot]];
            dot += dw[slot] * s[ex[slot]];
        }
        for (std::int64_t k = 0; k < topK; ++k) {
            const auto slot = at[t * topK + k];
            const float v = s[ex[slot]];
            out.data_ptr<float>()[t * experts + ex[slot]] = scale / sum * (dw[slot] - dot / sum) * v * (1.0F - v);
        }
    }
    return out;
}

/// out[b:e] = in[b:e] * W_e for every expert with at least one slot.
template <typename Weight>
void perExpert(const std::vector<std::int64_t> &begin, const torch::Tensor &in, torch::Tensor &out, Weight weight)
{
    for (std::size_t e = 0; e + 1 < begin.size(); ++e) {
        const auto n = begin[e + 1] - begin[e];
        if (n == 0)
            continue;
        auto target = out.narrow(0, begin[e], n);
        at::mm_out(target, in.narrow(0, begin[e], n), weight(static_cast<std::int64_t>(e)));
    }
}

/// out[e] = a[b:e]^T * b[b:e]
void perExpertOuter(const std::vector<std::int64_t> &begin, const torch::Tensor &a, const torch::Tensor &b,
                    torch::Tensor &out)
{
    for (std::size_t e = 0; e + 1 < begin.size(); ++e) {
        const auto n = begin[e + 1] - begin[e];
        auto target = out.select(0, static_cast<std::int64_t>(e));
        if (n == 0)
            target.zero_();
        else
            at::mm_out(target, a.narrow(0, begin[e], n).t(), b.narrow(0, begin[e], n));
    }
}

Slots route(const torch::Tensor &score, const torch::Tensor &bias, torch::Tensor &load, const RouterShape &r)
{
    const auto rows = score.size(0);
    std::vector<std::int32_t> chosen(static_cast<std::size_t>(rows * r.topK));
    Selector selector(r);
    for (std::int64_t t = 0; t < rows; ++t)
        selector.select(score.data_ptr<float>() + t * r.experts, bias.data_ptr<float>(), chosen.data() + t * r.topK);
    for (const auto e : chosen)
        load.data_ptr<float>()[e] += 1.0F;
    return sortSlots(chosen, score.data_ptr<float>(), r, rows);
}

class RoutedExperts : public torch::autograd::Function<RoutedExperts> {
public:
    static torch::Tensor forward(AutogradContext *ctx, const torch::Tensor &x, const torch::Tensor &gate,
                                 const torch::Tensor &bias, const torch::Tensor &gateUp, const torch::Tensor &down,
                                 torch::Tensor load, RouterShape r)
    {
        const auto score = at::mm(x, gate.t()).sigmoid_();
        const Slots s = route(score, bias, load, r);
        const auto xs = gather(x, s.token), in = toProduct(gateUp), out = toProduct(down);
        auto h = emptyProduct({xs.size(0), in.size(1)});
        perExpert(s.begin, xs, h, [&](std::int64_t e) { return in.select(0, e).t(); });
        const auto act = swiglu(h, s.weight);
        auto rows = torch::empty_like(xs);
        perExpert(s.begin, act, rows, [&](std::int64_t e) { return out.select(0, e).t(); });
        auto y = torch::zeros_like(x);
        combine(rows, s.rank, r.topK, y);
        ctx->save_for_backward({x, gate, in, out, score, xs, h, act, s.token, s.expert, s.rank, s.weight});
        ctx->saved_data["begin"] = s.begin;
        ctx->saved_data["topK"] = r.topK;
        ctx->saved_data["scale"] = r.scale;
        return y;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads)
    {
        const auto v = ctx->get_saved_variables();
        const auto &in = v[2], &out = v[3], &xs = v[5], &h = v[6], &act = v[7];
        const auto begin = ctx->saved_data["begin"].toIntVector();
        const auto topK = ctx->saved_data["topK"].toInt();
        const auto dys = gather(grads[0].contiguous(), v[8]);
        auto dAct = torch::empty_like(act), dOut = torch::empty_like(out), dIn = torch::empty_like(in);
        perExpert(begin, dys, dAct, [&](std::int64_t e) { return out.select(0, e); });
        perExpertOuter(begin, dys, act, dOut);
        auto dWeight = torch::empty_like(v[11]);
        const auto dh = swigluBackward(h, v[11], dAct, dWeight);
        auto dxs = torch::empty_like(xs);
        perExpertOuter(begin, dh, xs, dIn);
        perExpert(begin, dh, dxs, [&](std::int64_t e) { return in.select(0, e); });
        const auto dLogit =
            routerGradient(v[4], v[9], v[10], dWeight, topK, static_cast<float>(ctx->saved_data["scale"].toDouble()));
        auto dx = at::mm(dLogit, v[1]);
        combine(dxs, v[10], topK, dx);
        const torch::Tensor none;
        return {dx, at::mm(dLogit.t(), v[0]), none, dIn.to(at::kFloat), dOut.to(at::kFloat), none, none};
    }
};

} // namespace

torch::Tensor swigluMlp(const torch::Tensor &x, const torch::Tensor &gateUp, const torch::Tensor &down)
{
    return SwigluMlp::apply(x, gateUp, down);
}

torch::Tensor routedExperts(const torch::Tensor &x, const torch::Tensor &gate, const torch::Tensor &bias,
                            const torch::Tensor &gateUp, const torch::Tensor &down, torch::Tensor load,
                            const RouterShape &shape)
{
    return RoutedExperts::apply(x, gate, bias, gateUp, down, load, shape);
}

} // namespace engine::training
