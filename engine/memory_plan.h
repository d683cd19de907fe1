#pragma once
// What running a model takes, known before a weight is read. Plain data; may cross threads.

#include "engine/cache_format.h"
#include "engine/model_info.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace engine {

struct MemoryPlan {
    std::uint64_t weightBytes = 0;     ///< of all tensors as the engine uses them: mapped, or made at loading
    std::uint64_t kvBytesPerToken = 0; ///< exact: MLA, grouped-query or multi-head, in the cache's type
    int contextLength = 0;             ///< tokens the plan is made for
    int maxContextLength = 0;          ///< of the model
    std::uint64_t kvBytes = 0;         ///< of the whole context, in pages of 64 tokens
    std::uint64_t bufferBytes = 0;     ///< activations and scratch memory of the largest prefill chunk
    std::uint64_t availableBytes = 0;  ///< memory that can be had now
    int largestContext = 0;            ///< tokens that fit, at most maxContextLength; 0: not even the weights fit
    /// In which the cache is counted; never Automatic in a plan of a model.
    CacheFormat cacheFormat = CacheFormat::Automatic;

    std::uint64_t totalBytes() const { return weightBytes + kvBytes + bufferBytes; }
    bool fits() const { return totalBytes() <= availableBytes; }
    std::uint64_t missingBytes() const { return fits() ? 0 : totalBytes() - availableBytes; }

    static constexpr int pageTokens = 64;    ///< the cache grows by so many
    static constexpr int leastContext = 512; ///< with less a model is of no use (or its own maximum)

    /// The same model with another context (0, or more than it can do: its maximum), or other memory to be had.
    MemoryPlan with(int context, std::uint64_t available) const
    {
        MemoryPlan plan = *this;
        plan.availableBytes = available;
        plan.contextLength = context > 0 ? std::min(context, maxContextLength) : maxContextLength;
        const auto pages = (static_cast<std::uint64_t>(plan.contextLength) + pageTokens - 1) / pageTokens;
        plan.kvBytes = pages * pageTokens * kvBytesPerToken;
        plan.largestContext = plan.contextThatFits();
        return plan;
    }

private:
    int contextThatFits() const
    {
        const std::uint64_t fixed = weightBytes + bufferBytes;
        if (fixed > availableBytes)
            return 0;
        constexpr int most = std::numeric_limits<int>::max() / pageTokens;
        const std::uint64_t page = pageTokens * kvBytesPerToken;
        const std::uint64_t pages = page == 0 ? most : (availableBytes - fixed) / page;
        return std::min(static_cast<int>(std::min<std::uint64_t>(pages, most)) * pageTokens, maxContextLength);
    }
};

/// `path`: a folder or a file, as Engine::loadModel takes it. From config.json and the headers of the weight files
/// alone. `contextLength` 0: the model's own maximum; more than that counts as that. `threads` 0: one per core.
/// `memoryLimit`: bytes that count as available, 0 = what is measured. `device`: an id of listDevices(). Throws Error
/// as opening the model does, but looks at no weight; UnsupportedFeature, field "cache", for a format the model's
/// attention does not have.
MemoryPlan planMemory(const std::string &path, int contextLength = 0, int threads = 0, std::uint64_t memoryLimit = 0,
                      const std::string &device = "cpu", Activations activations = Activations::Exact,
                      CacheFormat cache = CacheFormat::Automatic);

} // namespace engine
