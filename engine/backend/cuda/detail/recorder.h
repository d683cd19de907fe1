#pragma once
// Steps as CUDA graphs: a thousand launches become one.

#include "engine/backend/backend.h"
#include "engine/backend/cuda/detail/launch.h"

#include <functional>
#include <memory>
#include <string>

namespace engine::backend::cuda {

/// Records a step the second time it is asked for: the first time loads its kernels, which a stream that is being
/// recorded should not have to, and many a step does not come again. What cannot be recorded is enqueued as always.
/// BATHYSCOPE_CUDA_GRAPH=0 in the environment switches recording off.
class Recorder {
public:
    explicit Recorder(Queue &queue);

    /// See Backend::repeat().
    bool repeat(std::unique_ptr<Recording> &recording, const std::function<bool()> &ops);
    /// Memory that recorded ops use has moved: all are recorded anew.
    void forgetAll() { ++m_version; }
    bool isRecording() const { return m_recording; }
    const std::string &whyNot() const { return m_whyNot; }

private:
    class Graph;
    enum class Outcome { Recorded, LeftOut, Failed };

    Outcome record(Graph &graph, const std::function<bool()> &ops);
    void giveUp(cudaError_t error, const char *what);

    Queue &m_queue;
    unsigned m_version = 0;
    bool m_recording = false;
    std::string m_whyNot;
};

} // namespace engine::backend::cuda
