#include "engine/training/fused_ops.h"

#include <algorithm>
#include <cmath>

namespace engine::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Rotates interleaved pairs by +angle (sign 1) or -angle (sign -1).
inline void rotate(const float *in, float *out, const float *table, std::int64_t rope, float sign, float scale)
{
    for (std::int64_t i = 0; i < rope; i += 2) {
        const float c = table[i], s = table[i + 1] * sign;
        const float a = in[i], b = in[i + 1];
        out[i] = (a * c - b * s) * scale;
        out[i + 1] = (a * s + b * c) * scale;
    }
}

struct Heads {
    torch::Tensor q, k, v; ///< [B*H, T, width], q scaled and rotated, k rotated
};

float softmaxScale(const AttentionShape &s)
{
    return 1.0F / std::sqrt(static_cast<float>(s.nope + s.rope));
}

Heads allocate(const AttentionShape &s)
{
    const auto bh = s.batch * s.heads, width = s.nope + s.rope;
    return {torch::empty({bh, s.time, width}), torch::empty({bh, s.time, width}), torch::empty({bh, s.time, s.value})};
}

Heads pack(const torch::Tensor &qIn, const torch::Tensor &kvIn, const torch::Tensor &kRope, const torch::Tensor &table,
           const AttentionShape &s)
{
    Heads h = allocate(s);
    const auto width = s.nope + s.rope, kvWidth = s.nope + s.value;
    const float scale = softmaxScale(s);
    float *q = h.q.data_ptr<float>(), *k = h.k.data_ptr<float>(), *v = h.v.data_ptr<float>();
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.heads; ++n)
            for (std::int64_t t = 0; t < s.time; ++t) {
                const auto row = b * s.time + t, at = (b * s.heads + n) * s.time + t;
                const float *angles = table.data_ptr<float>() + t * s.rope;
                const float *qs = qIn.data_ptr<float>() + (row * s.heads + n) * width;
                const float *kvs = kvIn.data_ptr<float>() + (row * s.heads + n) * kvWidth;
                for (std::int64_t i = 0; i < s.nope; ++i)
                    q[at * width + i] = qs[i] * scale;
                rotate(qs + s.nope, q + at * width + s.nope, angles, s.rope, 1.0F, scale);
                std::copy_n(kvs, s.nope, k + at * width);
                rotate(kRope.data_ptr<float>() + row * s.rope, k + at * width + s.nope, angles, s.rope, 1.0F, 1.0F);
                std::copy_n(kvs + s.nope, s.value, v + at * s.value);
            }
    return h;
}

void softmaxCausal(float *scores, std::int64_t matrices, std::int64_t time)
{
    for (std::int64_t m = 0; m < matrices; ++m)
        for (std::int64_t t = 0; t < time; ++t) {
            float *row = scores + (m * time + t) * time;
            float peak = row[0], sum = 0.0F;
            for (std::int64_t i = 1; i <= t; ++i)
                peak = std::max(peak, row[i]);
            for (std::int64_t i = 0; i <= t; ++i) {
                row[i] = std::exp(row[i] - peak);
                sum += row[i];
            }
            const float inverse = 1.0F / sum;
            for (std::int64_t i = 0; i <= t; ++i)
                row[i] *= inverse;
            std::fill(row + t + 1, row + time, 0.0F);
        }
}

/// dP -> dS in place, given P.
void softmaxBackward(const float *p, float *d, std::int64_t matrices, std::int64_t time)
{
    for (std::int64_t m = 0; m < matrices; ++m)
        for (std::int64_t t = 0; t < time; ++t) {
            const float *pr = p + (m * time + t) * time;
            float *dr = d + (m * time + t) * time;
            float dot = 0.0F;
            for (std::int64_t i = 0; i <= t; ++i)
                dot += pr[i] * dr[i];
            for (std::int64_t i = 0; i <= t; ++i)
                dr[i] = pr[i] * (dr[i] - dot);
            std::fill(dr + t + 1, dr + time, 0.0F);
        }
}

/// [B*H, T, V] <-> [B*T, H*V]
void transposeHeads(const float *in, float *out, const AttentionShape &s, bool toRows)
{
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.heads; ++n)
            for (std::int64_t t = 0; t < s.time; ++t) {
                const auto headAt = ((b * s.heads + n) * s.time + t) * s.value;
                const auto rowAt = ((b * s.time + t) * s.heads + n) * s.value;
                std::copy_n(in + (toRows ? headAt : rowAt), s.value, out + (toRows ? rowAt : headAt));
            }
}

variable_list unpackGradients(const Heads &d, const torch::Tensor &table, const AttentionShape &s)
{
    const auto rows = s.batch * s.time, width = s.nope + s.rope, kvWidth = s.nope + s.value;
    auto dq = torch::empty({rows, s.heads * width}), dkv = torch::empty({rows, s.heads * kvWidth});
    auto dkr = torch::zeros({rows, s.rope});
    const float scale = softmaxScale(s);
    const float *gq = d.q.data_ptr<float>(), *gk = d.k.data_ptr<float>(), *gv = d.v.data_ptr<float>();
    std::vector<float> turned(static_cast<std::size_t>(s.rope));
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.heads; ++n)
            for (std::int64_t t = 0; t < s.time; ++t) {
                const auto row = b * s.time + t, at = (b * s.heads + n) * s.time + t;
                const float *angles = table.data_ptr<float>() + t * s.rope;
                float *qd = dq.data_ptr<float>() + (row * s.heads + n) * width;
                float *kvd = dkv.data_ptr<float>() + (row * s.heads + n) * kvWidth;
                float *krd = dkr.data_ptr<float>() + row * s.rope;
                for (std::int64_t i = 0; i < s.nope; ++i)
                    qd[i] = gq[at * width + i] * scale;
                rotate(gq + at * width + s.nope, qd + s.nope, angles, s.rope, -1.0F, scale);
                std::copy_n(gk + at * width, s.nope, kvd);
                rotate(gk + at * width + s.nope, turned.data(), angles, s.rope, -1.0F, 1.0F);
                for (std::int64_t i = 0; i < s.rope; ++i)
                    krd[i] += turned[static_cast<std::size_t>(i)];
                std::copy_n(gv + at * s.value, s.value, kvd + s.nope);
            }
    return {dq, dkv, dkr};
}

class Attention : public torch::autograd::Function<Attention> {
public:
    static torch::Tensor forward(AutogradContext *ctx, const torch::Tensor &q, const torch::Tensor &kv,
                                 const torch::Tensor &kRope, const torch::Tensor &table, AttentionShape s)
    {
        Heads h = pack(q, kv, kRope, table, s);
        auto p = at::bmm(h.q, h.k.transpose(1, 2));
        softmaxCausal(p.data_ptr<float>(), p.size(0), s.time);
        const auto heads = at::bmm(p, h.v);
        auto out = torch::empty({s.batch * s.time, s.heads * s.value});
        transposeHeads(heads.data_ptr<float>(), out.data_ptr<float>(), s, true);
        ctx->save_for_backward({h.q, h.k, h.v, p, table});
        ctx->saved_data["shape"] = std::vector<std::int64_t>{s.batch, s.time, s.heads, s.nope, s.rope, s.value};
        return out;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads)
    {
        const auto n = ctx->saved_data["shape"].toIntVector();
        const AttentionShape s{n[0], n[1], n[2], n[3], n[4], n[5]};
        const auto saved = ctx->get_saved_variables();
        const auto &p = saved[3];
        const auto rows = grads[0].contiguous();
        auto dOut = torch::empty_like(saved[2]);
        transposeHeads(rows.data_ptr<float>(), dOut.data_ptr<float>(), s, false);
        auto ds = at::bmm(dOut, saved[2].transpose(1, 2));
        Heads d;
        d.v = at::bmm(p.transpose(1, 2), dOut);
        softmaxBackward(p.data_ptr<float>(), ds.data_ptr<float>(), ds.size(0), s.time);
        d.q = at::bmm(ds, saved[1]);
        d.k = at::bmm(ds.transpose(1, 2), saved[0]);
        auto out = unpackGradients(d, saved[4], s);
        out.resize(5);
        return out;
    }
};

} // namespace

torch::Tensor mlaAttention(const torch::Tensor &q, const torch::Tensor &kv, const torch::Tensor &kRope,
                           const torch::Tensor &ropeTable, const AttentionShape &shape)
{
    return Attention::apply(q, kv, kRope, ropeTable, shape);
}

torch::Tensor makeRopeTable(std::int64_t positions, std::int64_t rope, double theta)
{
    auto table = torch::empty({positions, rope});
    float *at = table.data_ptr<float>();
    for (std::int64_t t = 0; t < positions; ++t)
        for (std::int64_t i = 0; i < rope; i += 2) {
            const double angle =
                static_cast<double>(t) * std::pow(theta, -static_cast<double>(i) / static_cast<double>(rope));
            *at++ = static_cast<float>(std::cos(angle));
            *at++ = static_cast<float>(std::sin(angle));
        }
    return table;
}

} // namespace engine::training
