#pragma once
// The engine, used one call at a time: each call returns when its answer is complete.

#include "app/cli/interrupts.h"
#include "engine/engine.h"

#include <functional>
#include <string>
#include <vector>

namespace app::cli {

struct Reply {
    std::string thinking;
    std::string answer;
    std::vector<engine::TokenId> tokens;
    engine::FinishReason reason = engine::FinishReason::EndOfSequence;
    engine::TextPart endedIn = engine::TextPart::Answer;
    engine::GenerationStatistics statistics;
};

/// Main thread.
class EngineClient {
public:
    EngineClient(engine::EngineOptions options, Interrupts &interrupts);

    /// Throws CommandError if the model is refused, Interrupted on Ctrl+C.
    /// `device` empty: as the options say.
    const engine::ModelInfo &load(const std::string &folder, const std::string &device = {});
    const engine::ModelInfo &model() const { return m_model; }

    using Watch = std::function<void(const engine::GenerationEvent &)>;
    /// `watch` sees every event as it comes. Ctrl+C ends the reply (FinishReason::Stopped); a second one throws
    /// Interrupted. Throws CommandError if the generation fails. The request's id is set here.
    Reply generate(engine::GenerationRequest request, const Watch &watch = {});
    const Reply &lastReply() const { return m_lastReply; } ///< also of a generation that failed: as far as it came

    /// What generate() would send. Throws CommandError if there is no such prompt, Interrupted on Ctrl+C. The request's
    /// id is set here.
    engine::PromptShown showPrompt(engine::GenerationRequest request);

private:
    /// Calls `take` with each event until it returns true; `onInterrupt` at each Ctrl+C.
    template <typename Take, typename OnInterrupt>
    void pump(Take take, OnInterrupt onInterrupt);

    Interrupts &m_interrupts;
    WakePipe m_wake; ///< before the engine, which rings it
    engine::Engine m_engine;
    engine::ModelInfo m_model;
    engine::RequestId m_lastRequest = 0;
    Reply m_lastReply;
};

} // namespace app::cli
