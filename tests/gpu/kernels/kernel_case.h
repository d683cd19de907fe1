#pragma once
// What gpu_kernels measures: one op with operands of a real model's size, as often as makes the caches of the device
// useless.

#include "engine/backend/backend.h"
#include "engine/measurement.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace gpu_kernels {

/// What a case is held against.
enum class Limit {
    Bandwidth, ///< of a copy of device memory in the same run
    Products,  ///< operations a second
    Time,      ///< microseconds
};

struct Prepared {
    engine::OpFigure cost;         ///< of one call
    int calls = 1;                 ///< with different operands
    std::function<void(int)> call; ///< enqueues one of them
    std::vector<std::byte *> pages{};
};

struct KernelCase {
    std::string group;
    std::string name;
    Limit limit = Limit::Bandwidth;
    double target = 0.0; ///< share of the bandwidth, TFLOPS or microseconds; 0: none
    /// Takes the operands, which go with what is returned.
    std::function<Prepared(engine::backend::Backend &)> prepare;
    bool hasPeer = false; ///< cuBLASLt can compute it
};

/// Sizes of the real models, or so small that the emulator computes them in seconds.
struct Sizes {
    bool tiny = false;
    int of(int real, int small) const { return tiny ? small : real; }
};

/// Of products.
struct Kind {
    engine::memory::DType weights;
    engine::backend::InputRounding inputs = engine::backend::InputRounding::None;
};
std::string nameOf(const Kind &kind);

using KernelCases = std::vector<KernelCase>;

void addLinearCases(KernelCases &cases, Sizes sizes);
void addExpertCases(KernelCases &cases, Sizes sizes);
void addAttentionCases(KernelCases &cases, Sizes sizes);
void addSmallCases(KernelCases &cases, Sizes sizes);

/// Calls that together read more than any cache holds.
int callsBeyondCaches(double bytesOfACall, Sizes sizes);

} // namespace gpu_kernels
