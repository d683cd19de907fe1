#pragma once
// The experts of a layer where kernels can look them up by number.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/weights.cuh"
#include "engine/memory/buffer.h"

#include <map>
#include <span>
#include <vector>

namespace engine::backend::cuda {

struct MlpView {
    WeightView gate;
    WeightView up;
    WeightView down;
};

struct ExpertTable {
    memory::Buffer views;      ///< MlpView [experts], in device memory
    std::vector<MlpView> host; ///< the same; stays as long as the copy may be under way
    int experts = 0;
    int width = 0;                        ///< of one expert's hidden layer
    std::vector<memory::DType> gateTypes; ///< all there are
    std::vector<memory::DType> upTypes;
    std::vector<memory::DType> downTypes; ///< quantised models give it more bits
    bool alike = false;                   ///< gate and up of each expert have one kind: they can be made in one pass
    bool wide = false;                    ///< hasWideRows() of every matrix
    bool tiles = false;                   ///< every matrix can go through tiles
    bool uniform() const { return gateTypes.size() == 1 && upTypes.size() == 1 && downTypes.size() == 1; }
};

class ExpertTables {
public:
    void add(std::span<const Mlp> experts, memory::MemorySpace &memory);
    const ExpertTable *find(std::span<const Mlp> experts) const;

private:
    std::map<const Mlp *, ExpertTable> m_tables;
};

MlpView viewOf(const Mlp &mlp);

} // namespace engine::backend::cuda
