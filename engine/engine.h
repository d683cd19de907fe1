#pragma once
// The engine as the application sees it: one worker thread that owns the model and its cache.

#include "engine/cache_format.h"
#include "engine/devices.h"
#include "engine/generation.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace engine {

namespace runtime {
class Worker;
}

struct EngineOptions {
    int threads = 0;               ///< CPU threads, 0 = one per core
    int contextLength = 0;         ///< tokens, 0 = the model's own maximum, or what fits into memory where that is less
    std::uint64_t memoryLimit = 0; ///< bytes a model may take, 0 = what can be had when it is loaded
    std::string device = cpuDevice;               ///< an id of listDevices(), of loads that name none
    std::shared_ptr<Devices> devices{};           ///< null: those of this machine
    Activations activations = Activations::Exact; ///< of loads that do not say
    CacheFormat cache = CacheFormat::Automatic;   ///< of loads that name none
};

/// How one model is opened.
struct LoadOptions {
    int contextLength = 0;                      ///< tokens, 0 = as EngineOptions says
    std::string device{};                       ///< an id of listDevices(), empty = as EngineOptions says
    std::optional<Activations> activations{};   ///< nullopt = as EngineOptions says; Fp8 needs FP8 weights
    CacheFormat cache = CacheFormat::Automatic; ///< Automatic = as EngineOptions says
};

/// Thread contract: every method may be called from any thread and returns at once; the work happens
/// on the worker thread. Events come in order through takeEvents().
class Engine {
public:
    /// `wake` is called whenever the event queue stops being empty, on the worker thread or in cancelLoad().
    explicit Engine(std::function<void()> wake, EngineOptions options = {});
    ~Engine(); ///< cancels what runs and joins the worker
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    /// Queued behind earlier requests; answered by ModelLoadProgress* and exactly one of ModelLoaded, which replaces
    /// the earlier model, or ModelLoadFailed, which keeps it. A model that does not fit into memory is refused
    /// (OutOfMemory) from its headers, before a weight is read; what the earlier model gives back counts as available.
    /// A GPU that has no room for both is given to the new one just before its weights are copied there: if that fails
    /// after all, none is loaded (ModelLoadFailed::earlierKept). A device that failed is refused (DeviceFailed), as is
    /// a cache format that the model's attention does not have (UnsupportedFeature). `path`: a folder in the Hugging
    /// Face layout, a GGUF file (any part of a split one), or a folder with one model in GGUF.
    void loadModel(std::string path, LoadOptions options = {});
    /// Ends the loads that run or wait, within a second; each is answered by ModelLoadFailed with ErrorCode::Cancelled,
    /// unless its ModelLoaded is on the way already.
    void cancelLoad();
    /// Queued behind earlier requests; answered by PromptProgress*, PromptProcessed, TokenGenerated* and exactly one
    /// of GenerationFinished or GenerationFailed. When the device fails, what was generated before is complete, and
    /// this and all later requests are answered with DeviceFailed, until a model is loaded on another device.
    void generate(GenerationRequest request);
    /// What generate() would send to the model. Queued in the same way, changes nothing; answered by exactly one of
    /// PromptShown or PromptShowFailed. Of the request only the messages, continueLast, retention, thinking and
    /// captureRouting (which decides what can be taken from the cache) count.
    void showPrompt(GenerationRequest request);
    /// Ends the request within one token (200 ms in prefill); it is answered with FinishReason::Stopped, a
    /// showPrompt() with PromptShowFailed.
    void cancel(RequestId request);

    std::vector<GenerationEvent> takeEvents();

private:
    std::unique_ptr<runtime::Worker> m_worker;
};

} // namespace engine
