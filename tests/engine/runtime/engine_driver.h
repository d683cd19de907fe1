#pragma once
// Drives an Engine from a test and waits for its events.

#include "engine/engine.h"

#include <condition_variable>
#include <functional>
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

    std::string text(engine::TextPart part) const;
    std::vector<engine::TokenId> tokenIds() const;
};

class EngineDriver {
public:
    explicit EngineDriver(engine::EngineOptions options = {});

    /// Both wait at most 30 s.
    std::optional<engine::ModelLoaded> load(const std::string &folder, engine::Failure *failure = nullptr);
    /// `onToken` is called for each token, on the calling thread.
    Answer generate(engine::GenerationRequest request,
                    const std::function<void(const engine::TokenGenerated &)> &onToken = {});

    engine::Engine &engine() { return m_engine; }

private:
    std::vector<engine::GenerationEvent> waitForEvents();

    std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_woken = false;
    engine::Engine m_engine;
};

engine::GenerationRequest question(engine::RequestId id, const std::string &text, int maxTokens = 24);
