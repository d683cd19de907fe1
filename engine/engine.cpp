#include "engine/engine.h"

#include "engine/runtime/worker.h"

namespace engine {

Engine::Engine(std::function<void()> wake, EngineOptions options)
    : m_worker(std::make_unique<runtime::Worker>(std::move(wake), options))
{
}

Engine::~Engine() = default;

void Engine::loadModel(std::string folder, LoadOptions options)
{
    m_worker->loadModel(std::move(folder), options);
}

void Engine::cancelLoad()
{
    m_worker->cancelLoad();
}

void Engine::generate(GenerationRequest request)
{
    m_worker->generate(std::move(request));
}

void Engine::showPrompt(GenerationRequest request)
{
    m_worker->showPrompt(std::move(request));
}

void Engine::cancel(RequestId request)
{
    m_worker->cancel(request);
}

std::vector<GenerationEvent> Engine::takeEvents()
{
    return m_worker->takeEvents();
}

} // namespace engine
