#pragma once
// Hand-written autograd nodes. At these widths the cost of a stock-op graph is memory
// traffic, not arithmetic, so each node fuses what would be a dozen element-wise passes.

#include <torch/torch.h>

#include <vector>

namespace engine::training {

struct AttentionShape {
    std::int64_t batch, time, heads, nope, rope, value;
};

struct RouterShape {
    std::int64_t experts, topK, groups, topGroups;
    double scale;
};

/// y = w * x / sqrt(mean(x^2) + eps), rows of a contiguous matrix.
torch::Tensor rmsNorm(const torch::Tensor &x, const torch::Tensor &weight, double eps);

/// Splits [q latent | kv latent | k rope] and normalises the two latents.
std::vector<torch::Tensor> splitLatents(const torch::Tensor &a, const torch::Tensor &qNorm, const torch::Tensor &kvNorm,
                                        double eps);

/// Causal multi-head attention with interleaved RoPE; q [N, H*(nope+rope)],
/// kv [N, H*(nope+value)], kRope [N, rope] shared by the heads; returns [N, H*value].
torch::Tensor mlaAttention(const torch::Tensor &q, const torch::Tensor &kv, const torch::Tensor &kRope,
                           const torch::Tensor &ropeTable, const AttentionShape &shape);

/// x * weight^T
torch::Tensor linearRows(const torch::Tensor &x, const torch::Tensor &weight);

/// down(silu(gate x) * up x); gateUp holds the gate rows, then the up rows.
torch::Tensor swigluMlp(const torch::Tensor &x, const torch::Tensor &gateUp, const torch::Tensor &down);

/// Routed experts of the V3 router (noaux_tc, sigmoid, normalised). gateUp [E, 2M, D],
/// down [E, D, M]. `bias` steers the selection only; `load` [E] receives += slots per expert.
torch::Tensor routedExperts(const torch::Tensor &x, const torch::Tensor &gate, const torch::Tensor &bias,
                            const torch::Tensor &gateUp, const torch::Tensor &down, torch::Tensor load,
                            const RouterShape &shape);

/// [positions, rope/2, 2] cosines and sines.
torch::Tensor makeRopeTable(std::int64_t positions, std::int64_t rope, double theta);

} // namespace engine::training
