#pragma once
// The engine as the application sees it: one worker thread that owns the model and its cache.

#include "engine/generation.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace engine {

namespace runtime {
class Worker;
}

struct EngineOptions {
    int threads = 0;       ///< CPU threads, 0 = one per core
    int contextLength = 0; ///< tokens, 0 = the model's own maximum
};

/// Thread contract: every method may be called from any thread and returns at once; the work happens
/// on the worker thread. Events come in order through takeEvents().
class Engine {
public:
    /// `wake` is called on the worker thread whenever the event queue stops being empty.
    explicit Engine(std::function<void()> wake, EngineOptions options = {});
    ~Engine(); ///< cancels what runs and joins the worker
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    /// Replaces the loaded model; answered by ModelLoaded or ModelLoadFailed (the old model is then gone too). `path`:
    /// a folder in the Hugging Face layout, a GGUF file (any part of a split one), or a folder with one model in GGUF.
    void loadModel(std::string path);
    /// Queued behind earlier requests; answered by PromptProgress*, PromptProcessed, TokenGenerated* and exactly one
    /// of GenerationFinished or GenerationFailed.
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
