#pragma once
// The ops a forward pass consists of, named as in the DeepSeek-V2/V3 reports. The CPU implementation is the oracle
// for every other one.
//
// Contract of every op: it enqueues and returns; results are readable after synchronize(). No op allocates, waits for
// the device or throws: shapes are checked when the model is prepared, and reserve() takes all scratch memory. Every
// pointer an op is given points into memory(); the lists of pages and of experts themselves are the host's.
// Activations are F32 and row-major; weights are used as they lie in the checkpoint, at any alignment. Sums are made
// in a fixed order, so a result depends neither on the number of threads nor, except in attention, on how many
// tokens are processed together.

#include "engine/memory/dtype.h"
#include "engine/memory/memory_space.h"
#include "engine/sampling/token_choice.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace engine::backend {

/// RMSNorm weight or bias: F32, BF16 or F16.
struct Vector {
    const void *data = nullptr;
    memory::DType dtype = memory::DType::F32;
    int size = 0;
};

/// What becomes of the inputs of a product. A rounded input is E4M3 times a scale that 128 neighbouring columns of a
/// row share (the last of a row: fewer): the largest magnitude, at least 1e-4, over 448. Its quotients are rounded to
/// nearest, ties to even. Where one of the 128 is NaN or infinite, the product is NaN.
enum class InputRounding {
    None,
    E4m3,
    E4m3PowerOfTwo, ///< the scale rounded up to a power of two
};

/// Weight [rows, cols] and bias of y = W·x + b. F8_E4M3 values are multiplied by their block's scale; its NaN codes,
/// which the loader refuses in small models, count as ±480. Block types have their scales in the blocks.
struct Matrix {
    const void *data = nullptr;
    memory::DType dtype = memory::DType::F32; ///< F32, BF16, F16, F8_E4M3 or a block type
    int rows = 0;
    int cols = 0;                ///< of a block type: a multiple of its blockElements()
    const void *scale = nullptr; ///< F32 [ceil(rows / blockRows), ceil(cols / blockCols)] or none (1)
    int blockRows = 128;
    int blockCols = 128; ///< with a scale: a multiple of 32, at most 128
    Vector bias{};       ///< [rows] or none; only linear() looks at it
    /// Only for F8_E4M3 with blockCols = 128 or without a scale; linear() and expertFfn() look at it. The same in all
    /// three weights of an Mlp, and in all experts of a layer.
    InputRounding inputs = InputRounding::None;
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

/// Which two numbers of a head are rotated together as pair i: (2i, 2i + 1) in MLA, (i, i + width / 2) in the
/// llama family ("rotate half").
enum class RopePairs { Adjacent, Halves };

/// One of the products of linearGroup().
struct Product {
    const Matrix *weight = nullptr;
    Rows out;
};

/// cos and sin [tokens, ropeWidth / 2] of the tokens of one call.
struct RopeRows {
    const float *cos = nullptr;
    const float *sin = nullptr;
    RopePairs pairs = RopePairs::Adjacent;
};

/// One layer of a KvCache. Page p holds positions [p · pageTokens, (p + 1) · pageTokens); what lies where inside the
/// layer's part of a page, pageTokens · width numbers in F32 or BF16, is the business of the ops that use it. F8_E4M3,
/// only of a LatentCache, stands for what engine/memory/fp8_latents.h describes.
struct CachePages {
    std::span<std::byte *const> pages;
    std::size_t layerOffset = 0; ///< bytes from the start of a page to this layer
    int pageTokens = 0;
    memory::DType dtype = memory::DType::F32;
    int width = 0; ///< numbers per token
    int start = 0; ///< position of the call's first token
    /// Where in memory() a step that was recorded to be replayed finds the start; `start` is then the largest it can
    /// be. Only for backends that record; null otherwise.
    const std::int32_t *replayedStart = nullptr;
};

/// Rows [pageTokens, width], or Fp8Latents; a row is the latent c [latentWidth] after its norm, then the rotary key
/// [ropeWidth] after RoPE.
struct LatentCache : CachePages {
    int latentWidth = 0;
    int ropeWidth = 0;
};

/// [kvHeads, 2, pageTokens, headWidth]: of each head the keys after RoPE, then the values.
struct KeyValueCache : CachePages {
    int kvHeads = 0;
    int headWidth = 0;
};

struct LatentArgs {
    Rows kv;     ///< kv_a_proj_with_mqa output [tokens, latentWidth + ropeWidth]; overwritten
    Vector norm; ///< kv_a_layernorm [latentWidth]
    float eps = 0.0F;
    RopeRows rope;
    LatentCache cache;
};

/// V2 report §2.1 and appendix C. Expanded makes keys and values of all cached tokens from kv_b_proj; Absorbed
/// moves kv_b_proj to the query and the result and attends to the latent itself. Same result up to rounding.
enum class AttentionForm { Absorbed, Expanded };

struct MlaArgs {
    AttentionForm form = AttentionForm::Absorbed;
    int heads = 0;
    int nopeWidth = 0;
    int valueWidth = 0;
    float softmaxScale = 0.0F;
    ConstRows q;       ///< [tokens, heads · (nopeWidth + ropeWidth)], rotary part rotated; a head: nope, then rope
    Matrix kvB;        ///< [heads · (nopeWidth + valueWidth), latentWidth]; a head: key rows, then value rows
    LatentCache cache; ///< holds positions 0 … start + tokens − 1
    Rows out;          ///< [tokens, heads · valueWidth]
};

struct KeyValueArgs {
    ConstRows key;   ///< [tokens, kvHeads · headWidth] after RoPE
    ConstRows value; ///< the same shape
    KeyValueCache cache;
};

/// Grouped-query attention (2305.13245): query head h uses key-value head h div (heads / kvHeads). One group per head
/// is multi-head, one group in all is multi-query attention.
struct GqaArgs {
    int heads = 0;
    float softmaxScale = 0.0F;
    ConstRows q;         ///< [tokens, heads · headWidth] after RoPE
    KeyValueCache cache; ///< holds positions 0 … start + tokens − 1
    Rows out;            ///< [tokens, heads · headWidth]
};

/// Affinity of an expert: σ(gate · x) (V3) or softmax(gate · x) over all experts (V1, V2).
enum class Affinity { Sigmoid, Softmax };
/// Score of a group: its largest choice score (V2) or the sum of its two largest (V3).
enum class GroupScore { Largest, SumOfTwoLargest };

/// V2 report §2.2.2 and V3 report §2.1.2: the choice score is affinity + bias; the topK largest of the kept groups are
/// chosen (ties: lower index); their weights are the affinities without bias, normalised to a sum of 1 if `normalise`,
/// then multiplied by `scale`.
struct RouteArgs {
    ConstRows x; ///< [tokens, hidden]
    Matrix gate; ///< [experts, hidden]
    Affinity affinity = Affinity::Sigmoid;
    Vector bias{}; ///< [experts] or none; used in F32
    GroupScore groupScore = GroupScore::SumOfTwoLargest;
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

/// Everything the choice depends on lies in memory(), so that a recorded step chooses anew every time.
struct SampleArgs {
    ConstRows logits;                                   ///< [1, vocab]
    const sampling::ChoiceSettings *settings = nullptr; ///< definedTokens at most vocab
    std::uint8_t *seen = nullptr; ///< [vocab], see TokenChooser::choose(); only read with a repetition penalty
    sampling::TokenChoice *out = nullptr;
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
    int kvHeads = 0;   ///< of grouped-query attention, 0 with MLA
    int headWidth = 0; ///< the same
    int experts = 0;
    int topK = 0;
    int expertWidth = 0;
    int mlpWidth = 0;     ///< the widest dense or shared MLP
    int vocab = 0;        ///< of sample()
    int roundedWidth = 0; ///< the widest input of a product that rounds it, but the hidden layer's; 0: none does
};

/// Ops that were enqueued once and can be enqueued again. Must not outlive its backend, nor the memory of its ops.
class Recording {
public:
    virtual ~Recording() = default;
};

/// Thread contract: used by one thread. Memory handed to an op must stay unchanged until synchronize().
class Backend {
public:
    virtual ~Backend() = default;

    /// Where operands must lie. Lives as long as the backend.
    virtual memory::MemorySpace &memory() = 0;

    /// Whether the ops take a weight matrix of this type.
    virtual bool runs(memory::DType weight) const = 0;
    /// Called once for each layer with experts, before its first expertFfn(), with what args.experts and args.shared
    /// will be; both stay where they are.
    virtual void prepareExperts(std::span<const Mlp> /*experts*/, const Mlp * /*shared*/) {}

    /// Takes the scratch memory for calls up to these shapes; earlier reservations stay covered.
    /// Throws Error OutOfMemory naming the bytes.
    virtual void reserve(const WorkspaceShape &shape) = 0;
    /// What reserve() has taken, for the memory plan; bookkeeping of a few kilobytes is not counted.
    virtual std::uint64_t reservedBytes() const = 0;
    virtual void synchronize() = 0;

    /// Ops after this call may leave work out once a stop was requested; their results then have no meaning. A
    /// backend whose ops are short need not look.
    virtual void stopOn(std::stop_token) {}

    /// Waits until what had been enqueued at the call before this one is done. Who calls it every now and then and
    /// looks whether to stop in between, waits for no more than two such spans when it does, and the backend never for
    /// work. Ops that run as they are called leave nothing to wait for.
    virtual void keepPace() {}

    /// Notes the time at which all that was enqueued before is done, under a small number of the caller's choice.
    /// Unless a backend can do better, that is waiting and looking at the clock.
    virtual void mark(std::size_t slot)
    {
        synchronize();
        m_marks.resize(std::max(m_marks.size(), slot + 1));
        m_marks[slot] = std::chrono::steady_clock::now();
    }
    /// After synchronize(): the time from one mark to another.
    virtual double millisecondsBetween(std::size_t first, std::size_t second)
    {
        return std::chrono::duration<double, std::milli>(m_marks[second] - m_marks[first]).count();
    }

    /// Whether repeat() records. Ops that it is given then find where they start in CachePages::replayedStart.
    virtual bool records() const { return false; }
    /// Enqueues what `ops` enqueues: by calling it, or, where the backend has kept that in `recording` (empty at
    /// first), without. All that differs from one time to the next lies in memory(), or in allocateStaging() what is
    /// copied, but for `pages`, those of the cache that the ops use. The result is that of `ops`: false if it left some
    /// out.
    virtual bool repeat(std::unique_ptr<Recording> & /*recording*/, std::span<std::byte *const> /*pages*/,
                        const std::function<bool()> &ops)
    {
        return ops();
    }
    /// Why repeat() calls the ops every time although records() says otherwise; empty if it does not.
    virtual std::string whyNotRecording() const { return {}; }

    /// out[t] = row ids[t] of table [vocab, hidden]; the ids lie in memory() too
    virtual void embed(std::span<const std::int32_t> ids, const Matrix &table, const Rows &out) = 0;
    /// out = weight · x / sqrt(mean(x²) + eps), per row; out may be x
    virtual void rmsNorm(const ConstRows &x, const Vector &weight, float eps, const Rows &out) = 0;
    /// rmsNorm() whose result is the input of the products that follow, up to the next norm; it does not change in
    /// between. `inputs`: Matrix::inputs of those that round them, which a backend may do in the same pass.
    virtual void rmsNormForProducts(const ConstRows &x, const Vector &weight, float eps, const Rows &out,
                                    InputRounding /*inputs*/)
    {
        rmsNorm(x, weight, eps, out);
    }
    /// out = W·x + b, or out += W·x + b
    virtual void linear(const ConstRows &x, const Matrix &weight, const Rows &out, bool accumulate) = 0;
    /// linear() of several weights with the same input, without `accumulate`; together where that saves something
    virtual void linearGroup(const ConstRows &x, std::span<const Product> products)
    {
        for (const Product &product : products)
            linear(x, *product.weight, product.out, false);
    }
    /// Rotates the last ropeWidth columns of every head of `headWidth` columns in place.
    virtual void rope(const Rows &x, int headWidth, int ropeWidth, const RopeRows &rope) = 0;
    /// Norm of the latent, RoPE of the shared key; writes both to cache positions start …
    virtual void storeLatent(const LatentArgs &args) = 0;
    virtual void mlaAttention(const MlaArgs &args) = 0;
    virtual void storeKeyValue(const KeyValueArgs &args) = 0;
    virtual void gqaAttention(const GqaArgs &args) = 0;
    virtual void route(const RouteArgs &args) = 0;
    virtual void expertFfn(const ExpertArgs &args) = 0;
    /// Another backend than the CPU's may choose another token where the CPU's sums are within 1e-8 of a limit.
    virtual void sample(const SampleArgs &args) = 0;

private:
    std::vector<std::chrono::steady_clock::time_point> m_marks;
};

/// Threads include the caller; 0 = one per core.
std::unique_ptr<Backend> makeCpuBackend(int threads);

} // namespace engine::backend
