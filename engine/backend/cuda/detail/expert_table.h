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
    memory::DType dtype = memory::DType::F32;
    bool wide = false; ///< every row of every matrix starts on 16 bytes
};

class ExpertTables {
public:
    /// Throws Error UnsupportedFeature when the experts of a layer have several element types.
    void add(std::span<const Mlp> experts, memory::MemorySpace &memory);
    const ExpertTable *find(std::span<const Mlp> experts) const;

private:
    std::map<const Mlp *, ExpertTable> m_tables;
};

MlpView viewOf(const Mlp &mlp);

} // namespace engine::backend::cuda
