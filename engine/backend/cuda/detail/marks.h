#pragma once
// Points in the order of a stream, and the time between them.

#include "engine/backend/cuda/detail/launch.h"

#include <vector>

namespace engine::backend::cuda {

class Marks {
public:
    Marks() = default;
    Marks(const Marks &) = delete;
    Marks &operator=(const Marks &) = delete;
    ~Marks()
    {
        for (const cudaEvent_t event : m_events)
            cudaEventDestroy(event);
    }
    void set(Queue &queue, std::size_t slot)
    {
        while (m_events.size() <= slot) {
            cudaEvent_t event = nullptr;
            queue.note(cudaEventCreate(&event));
            m_events.push_back(event);
        }
        queue.note(cudaEventRecord(m_events[slot], queue.stream));
    }
    double milliseconds(Queue &queue, std::size_t first, std::size_t second) const
    {
        float time = 0.0F;
        queue.note(cudaEventElapsedTime(&time, m_events[first], m_events[second]));
        return static_cast<double>(time);
    }

private:
    std::vector<cudaEvent_t> m_events;
};

} // namespace engine::backend::cuda
