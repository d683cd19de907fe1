#include "engine/backend/cuda/detail/expert_table.h"

#include "engine/error.h"

namespace engine::backend::cuda {

MlpView viewOf(const Mlp &mlp)
{
    return {viewOf(mlp.gate), viewOf(mlp.up), viewOf(mlp.down)};
}

void ExpertTables::add(std::span<const Mlp> experts, memory::MemorySpace &memory)
{
    ExpertTable table;
    table.experts = static_cast<int>(experts.size());
    table.width = experts.front().gate.rows;
    table.gateType = experts.front().gate.dtype;
    table.upType = experts.front().up.dtype;
    table.downType = experts.front().down.dtype;
    table.wide = true;
    std::vector<MlpView> &views = table.host;
    for (const Mlp &expert : experts) {
        views.push_back(viewOf(expert));
        for (const Matrix *matrix : {&expert.gate, &expert.up, &expert.down})
            table.wide = table.wide && hasWideRows(*matrix);
        if (expert.gate.dtype != table.gateType || expert.up.dtype != table.upType ||
            expert.down.dtype != table.downType)
            throw Error(ErrorCode::UnsupportedFeature, {}, "mlp.experts",
                        "The experts of a layer have several element types, which the CUDA backend does not run. "
                        "Use the CPU for this model.");
    }
    table.views = memory.allocate(views.size() * sizeof(MlpView));
    memory.upload(table.views.data(), views.data(), views.size() * sizeof(MlpView));
    m_tables.insert_or_assign(experts.data(), std::move(table));
}

const ExpertTable *ExpertTables::find(std::span<const Mlp> experts) const
{
    const auto found = m_tables.find(experts.data());
    return found == m_tables.end() ? nullptr : &found->second;
}

} // namespace engine::backend::cuda
