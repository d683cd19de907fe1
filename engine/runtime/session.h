#pragma once
// Generates replies with one model and keeps its cache between them, so that a second turn, an edit or a regenerate
// computes only what differs from the sequence before. Worker thread.

#include "engine/generation.h"
#include "engine/memory/kv_cache.h"
#include "engine/runtime/loaded_model.h"

#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

namespace engine::runtime {

class Session {
public:
    using Emit = std::function<void(GenerationEvent)>;

    explicit Session(LoadedModel &model);

    /// Emits PromptProgress*, PromptProcessed, TokenGenerated* and GenerationFinished, or GenerationFailed. Never
    /// throws.
    void generate(const GenerationRequest &request, std::stop_token stop, const Emit &emit);

    std::uint64_t cacheBytes() const { return m_cache.bytes(); } ///< that go with this session

private:
    class Run; ///< one reply

    /// Keeps the longest common prefix of the cached sequence and `prompt`, but leaves at least one token to
    /// process, whose logits are needed. `withRoutes`: at most as far as the routes were recorded. Returns its length.
    int reusePrefix(const std::vector<TokenId> &prompt, bool withRoutes);
    void keepWhatIsCached();

    LoadedModel &m_model;
    memory::KvCache m_cache;
    std::vector<TokenId> m_tokens; ///< the sequence in m_cache
    /// Of the same tokens, as cached tokens are not routed again; of fewer after a request that did not capture them.
    RoutingTrace m_routes;
    std::vector<float> m_logits; ///< [vocab_size]
};

} // namespace engine::runtime
