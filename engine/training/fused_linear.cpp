#include "engine/training/fused_ops.h"
#include "engine/training/math_type.h"

namespace engine::training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::ScalarType g_productType = at::kFloat;

class Linear : public torch::autograd::Function<Linear> {
public:
    static torch::Tensor forward(AutogradContext *ctx, const torch::Tensor &x, const torch::Tensor &weight)
    {
        const auto xp = toProduct(x), wp = toProduct(weight);
        ctx->save_for_backward({xp, wp});
        return at::mm(xp, wp.t()).to(at::kFloat);
    }
    static variable_list backward(AutogradContext *ctx, variable_list grads)
    {
        const auto saved = ctx->get_saved_variables();
        const auto g = grads[0].to(saved[0].scalar_type());
        return {at::mm(g, saved[1]).to(at::kFloat), at::mm(g.t(), saved[0]).to(at::kFloat)};
    }
};

} // namespace

void useBf16Products(bool enabled)
{
    g_productType = enabled ? at::kBFloat16 : at::kFloat;
}

at::ScalarType productType()
{
    return g_productType;
}

torch::Tensor linearRows(const torch::Tensor &x, const torch::Tensor &weight)
{
    return Linear::apply(x, weight);
}

} // namespace engine::training
