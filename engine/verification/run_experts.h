#pragma once
// One expertFfn() with operands of its own, whatever its weights and inputs.

#include "engine/verification/op_case.h"

namespace engine::verification {

/// Six experts of which each token has two, and a shared one.
struct ExpertShape {
    memory::DType dtype;
    int hidden;
    int width;
    int shared; ///< width of the shared one
    int tokens;
    backend::InputRounding inputs = backend::InputRounding::None;
};

/// Takes the scratch memory, makes the operands and returns what is left in `out`.
std::vector<float> runExperts(const ExpertShape &shape, backend::Backend &backend, Placed &placed);

} // namespace engine::verification
