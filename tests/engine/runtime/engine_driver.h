#pragma once
// Drives an Engine from a test. Events are taken on the worker thread as they come, so that a test can act between two
// of them: the worker waits until `onEvent` returns.

#include "engine/engine.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

/// Everything one request was answered with.
struct Answer {
    std::vector<engine::PromptProgress> progress;
    std::optional<engine::PromptProcessed> prompt;
    std::vector<engine::TokenGenerated> tokens;
    std::optional<engine::GenerationFinished> finished;
    std::optional<engine::GenerationFailed> failed;
    std::optional<engine::PromptShown> shown; ///< of a request to show a prompt, as the next
    std::optional<engine::PromptShowFailed> failedToShow;
    int eventsAfterTheEnd = 0;

    bool ended() const { return finished || failed || shown || failedToShow; }
    bool stopped() const { return finished && finished->reason == engine::FinishReason::Stopped; }
    std::string text(engine::TextPart part) const;
    std::vector<engine::TokenId> tokenIds() const;
    std::vector<float> probabilities() const;
};

class EngineDriver {
public:
    using OnEvent = std::function<void(const engine::GenerationEvent &)>;
    using OnLoading = std::function<void(const engine::ModelLoadProgress &)>;

    explicit EngineDriver(engine::EngineOptions options = {});

    std::optional<engine::ModelLoaded> load(const std::string &folder, engine::Failure *failure = nullptr,
                                            engine::LoadOptions options = {});
    /// `onLoading` is called with the progress of the load on the worker thread.
    void beginLoad(const std::string &folder, OnLoading onLoading = {}, engine::LoadOptions options = {});
    std::optional<engine::ModelLoaded> endLoad(engine::Failure *failure = nullptr);
    /// Whether the load that failed last has left the earlier model.
    bool earlierKept() const { return m_earlierKept; }
    std::vector<engine::DeviceUsage> usages(); ///< told so far
    /// Of the load that began last and has ended.
    const std::vector<engine::ModelLoadProgress> &loading() const { return m_loading; }

    /// `onEvent` is called with each event of the request on the worker thread.
    void send(engine::GenerationRequest request, OnEvent onEvent = {});
    void sendShowPrompt(engine::GenerationRequest request);
    Answer showPrompt(engine::GenerationRequest request);
    /// What has come of a request that was sent, once it has ended. Waits at most 60 s.
    Answer answer(engine::RequestId request);
    Answer generate(engine::GenerationRequest request, OnEvent onEvent = {});

    engine::Engine &engine() { return m_engine; }

private:
    struct Sent {
        Answer answer;
        std::shared_ptr<const OnEvent> onEvent; ///< kept while it runs, when it sends the same id again
    };
    void takeEvents();
    void take(engine::GenerationEvent event);
    void waitUntil(const std::function<bool()> &happened, std::unique_lock<std::mutex> &lock);

    std::mutex m_mutex; ///< guards the six below
    std::vector<engine::DeviceUsage> m_usages;
    bool m_earlierKept = true;
    std::map<engine::RequestId, Sent> m_sent;
    std::optional<engine::GenerationEvent> m_loaded; ///< ModelLoaded or ModelLoadFailed
    std::vector<engine::ModelLoadProgress> m_loading;
    OnLoading m_onLoading;
    std::condition_variable m_changed;
    engine::Engine m_engine; ///< last: its worker uses the others
};

engine::GenerationRequest question(engine::RequestId id, const std::string &text, int maxTokens = 24);

/// `action` with the number-th token of a request, counted from 1.
EngineDriver::OnEvent atToken(int number, std::function<void()> action);
