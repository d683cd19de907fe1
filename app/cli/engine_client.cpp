#include "app/cli/engine_client.h"

#include "app/cli/exit_codes.h"

#include <array>
#include <poll.h>
#include <utility>
#include <variant>

namespace app::cli {

namespace {

void append(Reply &reply, const std::vector<engine::TextPiece> &pieces)
{
    for (const auto &piece : pieces)
        (piece.part == engine::TextPart::Thinking ? reply.thinking : reply.answer) += piece.text;
}

/// Adds what an event says to the reply; true when it is complete.
class ReplyBuilder {
public:
    explicit ReplyBuilder(Reply &reply) : m_reply(reply) {}

    bool operator()(const engine::TokenGenerated &event)
    {
        m_reply.tokens.push_back(event.token);
        append(m_reply, event.pieces);
        return false;
    }
    bool operator()(const engine::GenerationFinished &event)
    {
        append(m_reply, event.pieces);
        m_reply.reason = event.reason;
        m_reply.endedIn = event.endedIn;
        m_reply.statistics = event.statistics;
        return true;
    }
    bool operator()(const engine::GenerationFailed &event) { throw CommandError::generationFailed(event.failure); }
    template <typename Other>
    bool operator()(const Other &)
    {
        return false;
    }

private:
    Reply &m_reply;
};

} // namespace

EngineClient::EngineClient(engine::EngineOptions options, Interrupts &interrupts)
    : m_interrupts(interrupts), m_engine([this] { m_wake.ring(); }, options)
{
}

template <typename Take, typename OnInterrupt>
void EngineClient::pump(Take take, OnInterrupt onInterrupt)
{
    for (;;) {
        std::array<pollfd, 2> sources{{{m_wake.fd(), POLLIN, 0}, {m_interrupts.fd(), POLLIN, 0}}};
        ::poll(sources.data(), sources.size(), -1);
        if (m_interrupts.take())
            onInterrupt();
        m_wake.drain(); // before taking: what comes later rings again
        for (const auto &event : m_engine.takeEvents()) {
            if (take(event))
                return;
        }
    }
}

const engine::ModelInfo &EngineClient::load(const std::string &folder, const std::string &device)
{
    m_engine.loadModel(folder, {0, device});
    pump(
        [this](const engine::GenerationEvent &event) {
            if (const auto *failed = std::get_if<engine::ModelLoadFailed>(&event))
                throw CommandError::loadFailed(failed->failure);
            const auto *loaded = std::get_if<engine::ModelLoaded>(&event);
            if (loaded != nullptr)
                m_model = loaded->info;
            return loaded != nullptr;
        },
        [] { throw Interrupted(); });
    return m_model;
}

Reply EngineClient::generate(engine::GenerationRequest request, const Watch &watch)
{
    const engine::RequestId id = ++m_lastRequest;
    request.id = id;
    m_engine.generate(std::move(request));
    m_lastReply = {};
    bool stopping = false;
    pump(
        [&](const engine::GenerationEvent &event) {
            if (watch)
                watch(event);
            return std::visit(ReplyBuilder(m_lastReply), event);
        },
        [&] {
            if (std::exchange(stopping, true))
                throw Interrupted();
            m_engine.cancel(id);
        });
    return m_lastReply;
}

engine::PromptShown EngineClient::showPrompt(engine::GenerationRequest request)
{
    request.id = ++m_lastRequest;
    m_engine.showPrompt(std::move(request));
    engine::PromptShown shown;
    pump(
        [&](const engine::GenerationEvent &event) {
            if (const auto *failed = std::get_if<engine::PromptShowFailed>(&event))
                throw CommandError::generationFailed(failed->failure);
            const auto *answer = std::get_if<engine::PromptShown>(&event);
            if (answer != nullptr)
                shown = *answer;
            return answer != nullptr;
        },
        [] { throw Interrupted(); });
    return shown;
}

} // namespace app::cli
