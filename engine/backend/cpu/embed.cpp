#include "engine/backend/cpu/kernels.h"
#include "engine/backend/cpu/ops.h"

namespace engine::backend::cpu {

void embed(Parallel &parallel, std::span<const std::int32_t> ids, const Matrix &table, const Rows &out)
{
    const double cost = static_cast<double>(ids.size()) * table.cols;
    parallel.split(static_cast<int>(ids.size()), 1, cost, [&](int first, int end, int) {
        for (int token = first; token < end; ++token)
            decodeRow(table, ids[static_cast<std::size_t>(token)], out.row(token));
    });
}

} // namespace engine::backend::cpu
