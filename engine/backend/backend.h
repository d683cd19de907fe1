#pragma once
// The ops a forward pass consists of, named as in the DeepSeek-V2/V3 reports. The CPU implementation is the oracle
// for every other one.
//
// Contract of every op: it enqueues and returns; results are readable after synchronize(). No op allocates, waits for
// the device or throws: shapes are checked when the model is prepared, and reserve() takes all scratch memory.
// Activations are F32 and row-major; weights are used as they lie in the checkpoint, at any alignment. Sums are made
// in a fixed order, so a result depends neither on the number of threads nor, except in mlaAttention(), on how many
// tokens are processed together.

#include "engine/memory/dtype.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

namespace engine::backend {

/// Weight [rows, cols] of y = W·x. F8_E4M3 values are multiplied by their block's scale; its NaN codes, which the
/// loader refuses in small models, count as ±480.
struct Matrix {
    const void *data = nullptr;
    memory::DType dtype = memory::DType::F32; ///< F32, BF16, F16 or F8_E4M3
    int rows = 0;
    int cols = 0;
    const void *scale = nullptr; ///< F32 [ceil(rows / blockRows), ceil(cols / blockCols)] or none (1)
    int blockRows = 128;
    int blockCols = 128; ///< with a scale: a multiple of 32, at most 128
};

/// RMSNorm weight: F32, BF16 or F16.
struct Vector {
    const void *data = nullptr;
    memory::DType dtype = memory::DType::F32;
    int size = 0;
};

/// Activations [rows, width]; row i starts at data + i · stride.
struct Rows {
    float *data = nullptr;
    int rows = 0;
    int width = 0;
    std::size_t stride = 0;

    float *row(int index) const { return data + static_cast<std::size_t>(index) * stride; }
    Rows columns(int first, int count) const { return {data + first, rows, count, stride}; }
};

struct ConstRows {
    const float *data = nullptr;
    int rows = 0;
    int width = 0;
    std::size_t stride = 0;

    ConstRows() = default;
    ConstRows(const float *values, int rowCount, int rowWidth, std::size_t rowStride)
        : data(values), rows(rowCount), width(rowWidth), stride(rowStride)
    {
    }
    ConstRows(const Rows &other) : ConstRows(other.data, other.rows, other.width, other.stride) {}
    const float *row(int index) const { return data + static_cast<std::size_t>(index) * stride; }
    ConstRows columns(int first, int count) const { return {data + first, rows, count, stride}; }
};

/// cos and sin [tokens, ropeWidth / 2] of the tokens of one call; pair i is (2i, 2i + 1).
struct RopeRows {
    const float *cos = nullptr;
    const float *sin = nullptr;
};

/// One layer of a KvCache. Row s (position s): latent c [latentWidth] after its norm, then the rotary key [ropeWidth]
/// after RoPE, F32 or BF16. Page p holds positions [p · pageTokens, (p + 1) · pageTokens) as [pageTokens, width].
struct CacheLayer {
    std::span<std::byte *const> pages;
    std::size_t layerOffset = 0; ///< bytes from the start of a page to this layer
    int pageTokens = 0;
    memory::DType dtype = memory::DType::F32;
    int latentWidth = 0;
    int ropeWidth = 0;
    int start = 0; ///< position of the call's first token
};

struct LatentArgs {
    Rows kv;     ///< kv_a_proj_with_mqa output [tokens, latentWidth + ropeWidth]; overwritten
    Vector norm; ///< kv_a_layernorm [latentWidth]
    float eps = 0.0F;
    RopeRows rope;
    CacheLayer cache;
};

/// V2 report §2.1 and appendix C. Expanded makes keys and values of all cached tokens from kv_b_proj; Absorbed
/// moves kv_b_proj to the query and the result and attends to the latent itself. Same result up to rounding.
enum class AttentionForm { Absorbed, Expanded };

struct AttentionArgs {
    AttentionForm form = AttentionForm::Absorbed;
    int heads = 0;
    int nopeWidth = 0;
    int valueWidth = 0;
    float softmaxScale = 0.0F;
    ConstRows q;      ///< [tokens, heads · (nopeWidth + ropeWidth)], rotary part rotated; a head: nope, then rope
    Matrix kvB;       ///< [heads · (nopeWidth + valueWidth), latentWidth]; a head: key rows, then value rows
    CacheLayer cache; ///< holds positions 0 … start + tokens − 1
    Rows out;         ///< [tokens, heads · valueWidth]
};

/// V3 report §2.1.2: affinity σ(gate · x); group score = sum of the two largest affinity + bias of the group; the
/// topK largest affinity + bias of the kept groups are chosen (ties: lower index); their weights are the affinities
/// without bias, normalised to a sum of 1 if `normalise`, then multiplied by `scale`.
struct RouteArgs {
    ConstRows x; ///< [tokens, hidden]
    Matrix gate; ///< [experts, hidden]
    const float *bias = nullptr;
    int groups = 1;
    int keptGroups = 1;
    int topK = 0;
    bool normalise = true;
    float scale = 1.0F;
    std::uint16_t *ids = nullptr; ///< token t, rank r → ids[t · outStride + r]; rank 0 has the highest biased score
    float *weights = nullptr;     ///< the same
    std::size_t outStride = 0;    ///< at least topK
};

/// down(SiLU(gate x) ⊙ up x)
struct Mlp {
    Matrix gate;
    Matrix up;
    Matrix down;
};

struct ExpertArgs {
    ConstRows x;                        ///< [tokens, hidden]
    std::span<const Mlp> experts;       ///< all routed experts of the layer
    const Mlp *shared = nullptr;        ///< added with weight 1; may be null
    int topK = 0;                       ///< 0: only the shared (or dense) MLP
    const std::uint16_t *ids = nullptr; ///< as route() wrote them
    const float *weights = nullptr;
    std::size_t routeStride = 0;
    Rows out; ///< [tokens, hidden]; out += Σ_rank weight · expert(x) + shared(x)
};

/// The largest shapes the ops will be called with.
struct WorkspaceShape {
    int tokens = 0; ///< per call
    int hidden = 0;
    int heads = 0;
    int nopeWidth = 0;
    int ropeWidth = 0;
    int valueWidth = 0;
    int latentWidth = 0;
    int experts = 0;
    int topK = 0;
    int expertWidth = 0;
    int mlpWidth = 0; ///< the widest dense or shared MLP
};

/// Thread contract: used by one thread. Memory handed to an op must stay unchanged until synchronize().
class Backend {
public:
    virtual ~Backend() = default;

    /// Takes the scratch memory for calls up to these shapes; earlier reservations stay covered.
    /// Throws Error OutOfMemory naming the bytes.
    virtual void reserve(const WorkspaceShape &shape) = 0;
    virtual void synchronize() = 0;

    /// Ops after this call may leave work out once a stop was requested; their results then have no meaning. A
    /// backend whose ops are short need not look.
    virtual void stopOn(std::stop_token) {}

    /// out[t] = row ids[t] of table [vocab, hidden]
    virtual void embed(std::span<const std::int32_t> ids, const Matrix &table, const Rows &out) = 0;
    /// out = weight · x / sqrt(mean(x²) + eps), per row; out may be x
    virtual void rmsNorm(const ConstRows &x, const Vector &weight, float eps, const Rows &out) = 0;
    /// out = W·x, or out += W·x
    virtual void linear(const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate) = 0;
    /// Rotates the last ropeWidth columns of every head of `headWidth` columns in place.
    virtual void rope(const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope) = 0;
    /// Norm of the latent, RoPE of the shared key; writes both to cache positions start …
    virtual void storeLatent(const LatentArgs &args) = 0;
    virtual void mlaAttention(const AttentionArgs &args) = 0;
    virtual void route(const RouteArgs &args) = 0;
    virtual void expertFfn(const ExpertArgs &args) = 0;
};

/// Threads include the caller; 0 = one per core.
std::unique_ptr<Backend> makeCpuBackend(int threads);

} // namespace engine::backend
