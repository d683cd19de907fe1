#include "engine/runtime/event_queue.h"

#include <utility>

namespace engine::runtime {

EventQueue::EventQueue(std::function<void()> wake) : m_wake(std::move(wake)) {}

void EventQueue::push(GenerationEvent event)
{
    bool wasEmpty = false;
    {
        const std::lock_guard lock(m_mutex);
        wasEmpty = m_events.empty();
        m_events.push_back(std::move(event));
    }
    if (wasEmpty && m_wake)
        m_wake();
}

std::vector<GenerationEvent> EventQueue::takeAll()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_events, {});
}

} // namespace engine::runtime
