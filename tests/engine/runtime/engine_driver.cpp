#include "tests/engine/runtime/engine_driver.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace {

std::optional<engine::RequestId> requestOf(const engine::GenerationEvent &event)
{
    return std::visit(
        [](const auto &concrete) -> std::optional<engine::RequestId> {
            if constexpr (requires { concrete.request; })
                return concrete.request;
            return std::nullopt;
        },
        event);
}

void store(Answer &answer, engine::GenerationEvent event)
{
    answer.eventsAfterTheEnd += answer.ended() ? 1 : 0;
    if (auto *progress = std::get_if<engine::PromptProgress>(&event))
        answer.progress.push_back(*progress);
    else if (auto *prompt = std::get_if<engine::PromptProcessed>(&event))
        answer.prompt = std::move(*prompt);
    else if (auto *token = std::get_if<engine::TokenGenerated>(&event))
        answer.tokens.push_back(std::move(*token));
    else if (auto *finished = std::get_if<engine::GenerationFinished>(&event))
        answer.finished = std::move(*finished);
    else if (auto *failed = std::get_if<engine::GenerationFailed>(&event))
        answer.failed = std::move(*failed);
    else if (auto *shown = std::get_if<engine::PromptShown>(&event))
        answer.shown = std::move(*shown);
    else if (auto *failedToShow = std::get_if<engine::PromptShowFailed>(&event))
        answer.failedToShow = std::move(*failedToShow);
}

} // namespace

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

std::vector<float> Answer::probabilities() const
{
    std::vector<float> all;
    for (const auto &token : tokens)
        all.push_back(token.probability);
    return all;
}

EngineDriver::EngineDriver(engine::EngineOptions options) : m_engine([this] { takeEvents(); }, options) {}

void EngineDriver::takeEvents()
{
    for (auto &event : m_engine.takeEvents())
        take(std::move(event));
}

void EngineDriver::take(engine::GenerationEvent event)
{
    std::unique_lock lock(m_mutex);
    if (const auto request = requestOf(event)) {
        if (const auto onEvent = m_sent[*request].onEvent) {
            lock.unlock(); // it may send
            (*onEvent)(event);
            lock.lock();
        }
        store(m_sent[*request].answer, std::move(event));
    } else if (auto *progress = std::get_if<engine::ModelLoadProgress>(&event)) {
        m_loading.push_back(*progress);
        if (m_onLoading) {
            lock.unlock(); // it may cancel
            m_onLoading(m_loading.back());
            lock.lock();
        }
    } else if (const auto *usage = std::get_if<engine::DeviceUsageChanged>(&event)) {
        m_usages.push_back(usage->usage);
    } else {
        if (const auto *failed = std::get_if<engine::ModelLoadFailed>(&event))
            m_earlierKept = failed->earlierKept;
        m_loaded = std::move(event);
    }
    m_changed.notify_all();
}

void EngineDriver::waitUntil(const std::function<bool()> &happened, std::unique_lock<std::mutex> &lock)
{
    if (!m_changed.wait_for(lock, std::chrono::seconds(60), happened))
        throw std::runtime_error("the engine did not answer for 60 s");
}

std::vector<engine::DeviceUsage> EngineDriver::usages()
{
    const std::lock_guard lock(m_mutex);
    return m_usages;
}

void EngineDriver::beginLoad(const std::string &folder, OnLoading onLoading, engine::LoadOptions options)
{
    {
        const std::lock_guard lock(m_mutex);
        m_loading.clear();
        m_onLoading = std::move(onLoading);
    }
    m_engine.loadModel(folder, std::move(options));
}

std::optional<engine::ModelLoaded> EngineDriver::load(const std::string &folder, engine::Failure *failure,
                                                      engine::LoadOptions options)
{
    beginLoad(folder, {}, std::move(options));
    return endLoad(failure);
}

std::optional<engine::ModelLoaded> EngineDriver::endLoad(engine::Failure *failure)
{
    std::unique_lock lock(m_mutex);
    waitUntil([this] { return m_loaded.has_value(); }, lock);
    const engine::GenerationEvent event = *std::exchange(m_loaded, {});
    if (const auto *loaded = std::get_if<engine::ModelLoaded>(&event))
        return *loaded;
    if (failure != nullptr)
        *failure = std::get<engine::ModelLoadFailed>(event).failure;
    return {};
}

void EngineDriver::send(engine::GenerationRequest request, OnEvent onEvent)
{
    {
        const std::lock_guard lock(m_mutex);
        m_sent[request.id] = {{}, onEvent ? std::make_shared<const OnEvent>(std::move(onEvent)) : nullptr};
    }
    m_engine.generate(std::move(request));
}

void EngineDriver::sendShowPrompt(engine::GenerationRequest request)
{
    {
        const std::lock_guard lock(m_mutex);
        m_sent[request.id] = {};
    }
    m_engine.showPrompt(std::move(request));
}

Answer EngineDriver::showPrompt(engine::GenerationRequest request)
{
    const engine::RequestId id = request.id;
    sendShowPrompt(std::move(request));
    return answer(id);
}

Answer EngineDriver::answer(engine::RequestId request)
{
    std::unique_lock lock(m_mutex);
    waitUntil([&] { return m_sent[request].answer.ended(); }, lock);
    return m_sent[request].answer;
}

Answer EngineDriver::generate(engine::GenerationRequest request, OnEvent onEvent)
{
    const engine::RequestId id = request.id;
    send(std::move(request), std::move(onEvent));
    return answer(id);
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

EngineDriver::OnEvent atToken(int number, std::function<void()> action)
{
    return [number, action = std::move(action), seen = 0](const engine::GenerationEvent &event) mutable {
        if (std::holds_alternative<engine::TokenGenerated>(event) && ++seen == number)
            action();
    };
}
