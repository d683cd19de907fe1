#include "tests/engine/runtime/engine_driver.h"

#include <chrono>
#include <stdexcept>

std::string Answer::text(engine::TextPart part) const
{
    std::string joined;
    for (const auto &token : tokens) {
        for (const auto &piece : token.pieces)
            joined += piece.part == part ? piece.text : "";
    }
    for (const auto &piece : finished ? finished->pieces : std::vector<engine::TextPiece>{})
        joined += piece.part == part ? piece.text : "";
    return joined;
}

std::vector<engine::TokenId> Answer::tokenIds() const
{
    std::vector<engine::TokenId> ids;
    for (const auto &token : tokens)
        ids.push_back(token.token);
    return ids;
}

EngineDriver::EngineDriver(engine::EngineOptions options)
    : m_engine(
          [this] {
              const std::lock_guard lock(m_mutex);
              m_woken = true;
              m_condition.notify_one();
          },
          options)
{
}

std::vector<engine::GenerationEvent> EngineDriver::waitForEvents()
{
    std::unique_lock lock(m_mutex);
    if (!m_condition.wait_for(lock, std::chrono::seconds(30), [this] { return m_woken; }))
        throw std::runtime_error("the engine sent no event for 30 s");
    m_woken = false;
    lock.unlock();
    return m_engine.takeEvents();
}

std::optional<engine::ModelLoaded> EngineDriver::load(const std::string &folder, engine::Failure *failure)
{
    m_engine.loadModel(folder);
    for (;;) {
        for (const auto &event : waitForEvents()) {
            if (const auto *loaded = std::get_if<engine::ModelLoaded>(&event))
                return *loaded;
            if (const auto *failed = std::get_if<engine::ModelLoadFailed>(&event)) {
                if (failure != nullptr)
                    *failure = failed->failure;
                return {};
            }
        }
    }
}

Answer EngineDriver::generate(engine::GenerationRequest request,
                              const std::function<void(const engine::TokenGenerated &)> &onToken)
{
    Answer answer;
    m_engine.generate(std::move(request));
    while (!answer.finished && !answer.failed) {
        for (auto &event : waitForEvents()) {
            if (auto *progress = std::get_if<engine::PromptProgress>(&event))
                answer.progress.push_back(*progress);
            else if (auto *prompt = std::get_if<engine::PromptProcessed>(&event))
                answer.prompt = std::move(*prompt);
            else if (auto *token = std::get_if<engine::TokenGenerated>(&event)) {
                if (onToken)
                    onToken(*token);
                answer.tokens.push_back(std::move(*token));
            } else if (auto *finished = std::get_if<engine::GenerationFinished>(&event))
                answer.finished = std::move(*finished);
            else if (auto *failed = std::get_if<engine::GenerationFailed>(&event))
                answer.failed = std::move(*failed);
        }
    }
    return answer;
}

engine::GenerationRequest question(engine::RequestId id, const std::string &text, int maxTokens)
{
    engine::GenerationRequest request;
    request.id = id;
    request.messages.push_back({engine::Role::User, text, {}, true});
    request.sampler.temperature = 1.0F;
    request.sampler.seed = 7;
    request.maxTokens = maxTokens;
    return request;
}
