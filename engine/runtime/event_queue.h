#pragma once
// The way out of the worker thread. Any thread.

#include "engine/generation.h"

#include <functional>
#include <mutex>
#include <vector>

namespace engine::runtime {

class EventQueue {
public:
    /// `wake` is called by the pushing thread whenever the queue stops being empty, so that a reader that
    /// is already about to take everything is not woken for each token.
    explicit EventQueue(std::function<void()> wake);

    void push(GenerationEvent event);
    std::vector<GenerationEvent> takeAll();

private:
    std::function<void()> m_wake;
    std::mutex m_mutex;
    std::vector<GenerationEvent> m_events;
};

} // namespace engine::runtime
