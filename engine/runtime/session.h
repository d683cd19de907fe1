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
    /// Emits PromptShown or PromptShowFailed. Changes nothing; never throws.
    void showPrompt(const GenerationRequest &request, const std::stop_token &stop, const Emit &emit) const;

    std::uint64_t cacheBytes() const { return m_cache.bytes(); } ///< that go with this session

private:
    class Run; ///< one reply

    /// How much of `prompt` the cache holds: the common prefix, but at least one token is left to process, whose logits
    /// are needed. `withRoutes`: at most as far as the routes were recorded.
    int cachedPrefix(const std::vector<TokenId> &prompt, bool withRoutes) const;
    /// Cuts the cache down to that prefix. Returns its length.
    int reusePrefix(const std::vector<TokenId> &prompt, bool withRoutes);
    /// Throws Error.
    PromptShown describe(const GenerationRequest &request, const std::stop_token &stop) const;
    void keepWhatIsCached();

    LoadedModel &m_model;
    memory::KvCache m_cache;
    std::vector<TokenId> m_tokens; ///< the sequence in m_cache
    /// Of the same tokens, as cached tokens are not routed again; of fewer after a request that did not capture them.
    RoutingTrace m_routes;
};

} // namespace engine::runtime
