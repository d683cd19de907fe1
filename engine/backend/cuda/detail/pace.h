#pragma once
// Keeps the host from running far ahead of the device, so that a prompt can be stopped.

#include "engine/backend/cuda/detail/launch.h"

namespace engine::backend::cuda {

class Pace {
public:
    Pace() = default;
    Pace(const Pace &) = delete;
    Pace &operator=(const Pace &) = delete;
    ~Pace()
    {
        if (m_event != nullptr)
            cudaEventDestroy(m_event);
    }
    /// Waits for what was enqueued before the last call. The thread sleeps: a spinning one would take a core.
    void keep(Queue &queue)
    {
        if (m_event == nullptr)
            queue.note(cudaEventCreateWithFlags(&m_event, cudaEventDisableTiming | cudaEventBlockingSync));
        else
            queue.note(cudaEventSynchronize(m_event));
        if (m_event != nullptr)
            queue.note(cudaEventRecord(m_event, queue.stream));
    }

private:
    cudaEvent_t m_event = nullptr;
};

} // namespace engine::backend::cuda
