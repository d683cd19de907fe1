#include "engine/backend/cuda/detail/recorder.h"

#include <utility>

namespace engine::backend::cuda {

class Recorder::Graph final : public Recording {
public:
    explicit Graph(unsigned madeFor) : version(madeFor) {}
    ~Graph() override
    {
        if (runnable != nullptr)
            cudaGraphExecDestroy(runnable);
    }
    Graph(const Graph &) = delete;
    Graph &operator=(const Graph &) = delete;

    unsigned version;
    cudaGraphExec_t runnable = nullptr;
};

Recorder::Recorder(Queue &queue) : m_queue(queue)
{
    if (isSwitchedOff("BATHYSCOPE_CUDA_GRAPH"))
        m_whyNot = "Switched off by BATHYSCOPE_CUDA_GRAPH=0.";
}

bool Recorder::repeat(std::unique_ptr<Recording> &recording, const std::function<bool()> &ops)
{
    if (!m_whyNot.empty() || m_queue.error != cudaSuccess)
        return ops();
    auto *graph = static_cast<Graph *>(recording.get());
    if (graph == nullptr || graph->version != m_version) {
        recording = std::make_unique<Graph>(m_version);
        return ops();
    }
    if (graph->runnable == nullptr) {
        const Outcome outcome = record(*graph, ops);
        if (outcome != Outcome::Recorded)
            return outcome == Outcome::Failed && ops();
    }
    m_queue.afterKernel = false;
    const cudaError_t error = cudaGraphLaunch(graph->runnable, m_queue.stream);
    if (error == cudaSuccess)
        return true;
    giveUp(error, "replayed");
    return ops();
}

Recorder::Outcome Recorder::record(Graph &graph, const std::function<bool()> &ops)
{
    cudaError_t error = cudaStreamBeginCapture(m_queue.stream, cudaStreamCaptureModeThreadLocal);
    if (error != cudaSuccess) {
        giveUp(error, "recorded");
        return Outcome::Failed;
    }
    m_recording = true;
    m_queue.afterKernel = false;
    const bool whole = ops();
    m_recording = false;
    cudaGraph_t recorded = nullptr;
    error = cudaStreamEndCapture(m_queue.stream, &recorded);
    if (const cudaError_t failed = std::exchange(m_queue.error, cudaSuccess); failed != cudaSuccess)
        error = failed; // nothing has run: told again, if it is more than a matter of recording
    if (whole && error == cudaSuccess)
        error = cudaGraphInstantiate(&graph.runnable, recorded, 0);
    if (recorded != nullptr)
        cudaGraphDestroy(recorded);
    m_queue.afterKernel = false;
    if (error == cudaSuccess)
        return whole ? Outcome::Recorded : Outcome::LeftOut;
    graph.runnable = nullptr;
    giveUp(error, "recorded");
    return whole ? Outcome::Failed : Outcome::LeftOut;
}

void Recorder::giveUp(cudaError_t error, const char *what)
{
    cudaGetLastError(); // it is told here, not again by the next call
    m_whyNot = std::string("A step could not be ") + what + " as a CUDA graph: " + cudaGetErrorString(error) + ".";
}

} // namespace engine::backend::cuda
