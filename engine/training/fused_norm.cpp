#include "engine/training/fused_ops.h"

#include <cmath>

namespace engine::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

void normRows(const float *x, std::int64_t stride, const float *w, float *y, float *inv, std::int64_t rows,
              std::int64_t width, float eps)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        const float *row = x + r * stride;
        float sum = 0.0F;
        for (std::int64_t i = 0; i < width; ++i)
            sum += row[i] * row[i];
        const float scale = 1.0F / std::sqrt(sum / static_cast<float>(width) + eps);
        inv[r] = scale;
        for (std::int64_t i = 0; i < width; ++i)
            y[r * width + i] = row[i] * scale * w[i];
    }
}

struct NormGradient {
    const float *x;
    std::int64_t stride;
    const float *w;
    const float *inv;
    const float *dy;
    float *dx;
    float *dw;
};

void normRowsBackward(const NormGradient &g, std::int64_t rows, std::int64_t width)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        const float *row = g.x + r * g.stride;
        const float *dy = g.dy + r * width;
        float *dx = g.dx + r * g.stride;
        const float scale = g.inv[r];
        float dot = 0.0F;
        for (std::int64_t i = 0; i < width; ++i)
            dot += dy[i] * g.w[i] * row[i];
        const float pull = dot * scale * scale / static_cast<float>(width);
        for (std::int64_t i = 0; i < width; ++i) {
            dx[i] = scale * (dy[i] * g.w[i] - row[i] * pull);
            g.dw[i] += dy[i] * row[i] * scale;
        }
    }
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
public:
    static torch::Tensor forward(AutogradContext *ctx, const torch::Tensor &x, const torch::Tensor &w, double eps)
    {
        auto y = torch::empty_like(x);
        auto inv = torch::empty({x.size(0)});
        normRows(x.data_ptr<float>(), x.size(1), w.data_ptr<float>(), y.data_ptr<float>(), inv.data_ptr<float>(),
                 x.size(0), x.size(1), static_cast<float>(eps));
        ctx->save_for_backward({x, w, inv});
        return y;
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads)
    {
        const auto saved = ctx->get_saved_variables();
        const auto &x = saved[0];
        const auto dy = grads[0].contiguous();
        auto dx = torch::empty_like(x);
        auto dw = torch::zeros_like(saved[1]);
        normRowsBackward({x.data_ptr<float>(), x.size(1), saved[1].data_ptr<float>(), saved[2].data_ptr<float>(),
                          dy.data_ptr<float>(), dx.data_ptr<float>(), dw.data_ptr<float>()},
                         x.size(0), x.size(1));
        return {dx, dw, torch::Tensor()};
    }
};

class SplitLatents : public torch::autograd::Function<SplitLatents> {
public:
    static variable_list forward(AutogradContext *ctx, const torch::Tensor &a, const torch::Tensor &wq,
                                 const torch::Tensor &wkv, double eps)
    {
        const auto rows = a.size(0), stride = a.size(1), nq = wq.size(0), nkv = wkv.size(0);
        auto q = torch::empty({rows, nq}), kv = torch::empty({rows, nkv}), inv = torch::empty({2, rows});
        const float *p = a.data_ptr<float>();
        float *pi = inv.data_ptr<float>();
        normRows(p, stride, wq.data_ptr<float>(), q.data_ptr<float>(), pi, rows, nq, static_cast<float>(eps));
        normRows(p + nq, stride, wkv.data_ptr<float>(), kv.data_ptr<float>(), pi + rows, rows, nkv,
                 static_cast<float>(eps));
        ctx->save_for_backward({a, wq, wkv, inv});
        return {q, kv, a.narrow(1, nq + nkv, stride - nq - nkv).clone(torch::MemoryFormat::Contiguous)};
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads)
    {
        const auto saved = ctx->get_saved_variables();
        const auto &a = saved[0], &wq = saved[1], &wkv = saved[2];
        const auto rows = a.size(0), stride = a.size(1), nq = wq.size(0), nkv = wkv.size(0);
        const auto dq = grads[0].contiguous(), dkv = grads[1].contiguous();
        auto da = torch::empty_like(a), dwq = torch::zeros_like(wq), dwkv = torch::zeros_like(wkv);
        const float *p = a.data_ptr<float>(), *inv = saved[3].data_ptr<float>();
        float *d = da.data_ptr<float>();
        normRowsBackward({p, stride, wq.data_ptr<float>(), inv, dq.data_ptr<float>(), d, dwq.data_ptr<float>()}, rows,
                         nq);
        normRowsBackward(
            {p + nq, stride, wkv.data_ptr<float>(), inv + rows, dkv.data_ptr<float>(), d + nq, dwkv.data_ptr<float>()},
            rows, nkv);
        da.narrow(1, nq + nkv, stride - nq - nkv).copy_(grads[2]);
        return {da, dwq, dwkv, torch::Tensor()};
    }
};

} // namespace

torch::Tensor rmsNorm(const torch::Tensor &x, const torch::Tensor &weight, double eps)
{
    return RmsNorm::apply(x, weight, eps);
}

std::vector<torch::Tensor> splitLatents(const torch::Tensor &a, const torch::Tensor &qNorm, const torch::Tensor &kvNorm,
                                        double eps)
{
    return SplitLatents::apply(a, qNorm, kvNorm, eps);
}

} // namespace engine::training
