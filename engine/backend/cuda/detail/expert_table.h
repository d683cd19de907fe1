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
    int width = 0; ///< of one expert's hidden layer
    memory::DType gateType = memory::DType::F32;
    memory::DType upType = memory::DType::F32;
    memory::DType downType = memory::DType::F32; ///< quantised models give it more bits
    bool wide = false;                           ///< hasWideRows() of every matrix
};

class ExpertTables {
public:
    /// Throws Error UnsupportedFeature when the same matrix has several element types in a layer.
    void add(std::span<const Mlp> experts, memory::MemorySpace &memory);
    const ExpertTable *find(std::span<const Mlp> experts) const;

private:
    std::map<const Mlp *, ExpertTable> m_tables;
};

MlpView viewOf(const Mlp &mlp);

} // namespace engine::backend::cuda
