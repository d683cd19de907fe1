#pragma once
// The forward pass: tokens in, logits out. DeepSeek-V3 report (2412.19437) §2, DeepSeek-V2 report (2405.04434) §2;
// skeleton x ← x + Attention(RMSNorm(x)), x ← x + FFN(RMSNorm(x)).

#include "engine/generation.h"
#include "engine/memory/kv_cache.h"
#include "engine/model/load_watch.h"
#include "engine/routing_trace.h"
#include "engine/sampling/sampler.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace engine::backend {
class Backend;
}

namespace engine::model {

struct ModelConfig;
struct Weights;

/// Tokens of one forward call run in chunks of at most this many; a chunk is the unit of progress, and the
/// workspace is sized for it. See prefillChunkOn() for other devices than the CPU.
inline constexpr int defaultPrefillChunk = 256;

struct TransformerOptions {
    int contextLength = 0; ///< tokens; 0 = max_position_embeddings of the model
    int prefillChunk = defaultPrefillChunk;
    memory::CacheType cacheType = memory::CacheType::Automatic;
};

/// One call of the forward pass. Spans are views: what they point to must outlive the call.
struct ForwardCall {
    std::span<const TokenId> tokens; ///< at positions cache.length() … cache.length() + tokens − 1
    std::span<float> logits;         ///< empty, [vocab_size] of the last token, or [tokens, vocab_size] of all
    std::span<float> hiddenStates;   ///< empty, or [tokens, hidden_size]: after the final norm (input of draft())
    RoutingTrace *routes = nullptr;  ///< one row per processed token is appended (geometry: emptyTrace())
    std::stop_token stop;            ///< looked at before every layer, and by the backend inside its ops
    std::function<void(int done)> progress; ///< tokens in the cache so far of this call; after every chunk
};

/// One token on its way to the next one.
struct StepCall {
    TokenId token = -1;                  ///< at position cache.length()
    sampling::ChoiceSettings settings{}; ///< how the next one is chosen: Sampler::next()
    RoutingTrace *routes = nullptr;      ///< a row is appended
    std::stop_token stop;                ///< as in ForwardCall; a recorded step is short and is not left half-way
};

/// Thread contract: owned by one thread. Config, weights and backend must outlive it. Nothing is allocated per
/// token except cache pages and the rows appended to ForwardCall::routes.
class Transformer {
public:
    /// Weights are copied to where the backend reads them; `watch` and `name` as in placeWeights().
    Transformer(const ModelConfig &config, const Weights &weights, backend::Backend &backend,
                TransformerOptions options = {}, const LoadWatch &watch = {}, const std::string &name = {});
    ~Transformer();
    Transformer(const Transformer &) = delete;
    Transformer &operator=(const Transformer &) = delete;

    int contextLength() const;
    int vocabSize() const;
    int hiddenSize() const;
    std::uint64_t kvBytesPerToken() const; ///< of the cache makeCache() makes; ModelInfo::kvBytesPerToken
    memory::KvCache makeCache() const;     ///< empty, capacity contextLength()
    RoutingTrace emptyTrace() const;       ///< no tokens, geometry of this model (0 layers when it has no experts)

    /// Runs the tokens and appends them to the cache. Returns how many were processed: all of them, or fewer when
    /// a stop was requested; then cache and routes hold exactly these and the logits have no meaning.
    /// Errors: RequestInvalid (no tokens, a token id outside the vocabulary, more tokens than the cache has room
    /// for, a span of another size than stated), OutOfMemory (cache page), NonFinite (NaN or infinity in a
    /// logit; the cache then keeps the tokens, truncate() it).
    int forward(const ForwardCall &call, memory::KvCache &cache);

    /// Runs one token, appends it to the cache and chooses the next one, all in the backend. Nothing when a stop was
    /// requested; then cache and routes are unchanged. Errors as forward(), and RequestInvalid for more defined tokens
    /// than the vocabulary has.
    std::optional<sampling::SampledToken> step(const StepCall &call, memory::KvCache &cache);
    /// What the repetition penalty of the following steps looks at: Sampler::seen(). The tokens they choose join it.
    void beginSteps(std::span<const std::uint8_t> seen);

    /// Multi-token prediction (V3 report §2.2): whether the model has the module and makeDraftCache()/draft() work.
    bool hasDraft() const;
    memory::KvCache makeDraftCache() const;

    /// Draft logits for the token after next. Row i of `hiddenStates` is the state of position
    /// draftCache.length() + i as forward() returned it, nextTokens[i] the token at the position after it.
    /// Writes the last row's draft logits [vocab_size] and, unless empty, the module's normalised states
    /// [tokens, hidden_size], to be fed back when drafting further. Errors as forward(); UnsupportedFeature
    /// when the model has no MTP module.
    void draft(std::span<const TokenId> nextTokens, std::span<const float> hiddenStates, memory::KvCache &draftCache,
               std::span<float> logits, std::span<float> draftStates = {});

private:
    class Layers;
    std::unique_ptr<Layers> m_layers;
};

} // namespace engine::model
