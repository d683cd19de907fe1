#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

void rmsNorm(Parallel &parallel, const ConstRows &x, const Vector &weight, float eps, const Rows &out)
{
    const double cost = 2.0 * x.rows * x.width;
    parallel.split(x.rows, 1, cost, [&](int first, int end, int) {
        for (int row = first; row < end; ++row)
            rmsNormRow(x.row(row), weight, eps, out.row(row));
    });
}

} // namespace engine::backend::cpu
