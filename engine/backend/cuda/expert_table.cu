#include "engine/backend/cuda/detail/expert_table.h"

#include "engine/backend/cuda/detail/experts.h"

#include <algorithm>

namespace engine::backend::cuda {

MlpView viewOf(const Mlp &mlp)
{
    return {viewOf(mlp.gate), viewOf(mlp.up), viewOf(mlp.down)};
}

namespace {

void note(memory::DType dtype, std::vector<memory::DType> &types)
{
    if (std::ranges::find(types, dtype) == types.end())
        types.push_back(dtype);
}

} // namespace

void ExpertTables::add(std::span<const Mlp> experts, memory::MemorySpace &memory)
{
    ExpertTable table;
    table.experts = static_cast<int>(experts.size());
    table.width = experts.front().gate.rows;
    table.alike = true;
    table.wide = true;
    table.tiles = table.width % 8 == 0;
    std::vector<MlpView> &views = table.host;
    for (const Mlp &expert : experts) {
        views.push_back(viewOf(expert));
        for (const Matrix *matrix : {&expert.gate, &expert.up, &expert.down}) {
            table.wide = table.wide && hasWideRows(*matrix);
            table.tiles = table.tiles && canTile(*matrix);
        }
        table.alike = table.alike && canFuse(expert);
        note(expert.gate.dtype, table.gateTypes);
        note(expert.up.dtype, table.upTypes);
        note(expert.down.dtype, table.downTypes);
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
