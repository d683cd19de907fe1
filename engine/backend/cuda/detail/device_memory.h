#pragma once
// The memory of one GPU.

#include "engine/backend/cuda/detail/launch.h"
#include "engine/memory/memory_space.h"

namespace engine::backend::cuda {

/// Copies go through the queue. What is uploaded from memory that is not pinned has left it when upload() returns, as
/// the runtime stages it; that is more than MemorySpace promises.
class DeviceMemory final : public memory::MemorySpace {
public:
    explicit DeviceMemory(Queue &queue) : m_queue(queue) {}

    memory::Buffer allocate(std::size_t bytes) override;
    memory::Buffer allocateStaging(std::size_t bytes) override; ///< pinned
    void upload(void *to, const void *fromHost, std::size_t bytes) override;
    void download(void *toHost, const void *from, std::size_t bytes) override;
    void copy(void *to, const void *from, std::size_t bytes) override;
    bool isHost() const override { return false; }

private:
    void enqueue(void *to, const void *from, std::size_t bytes, cudaMemcpyKind kind);

    Queue &m_queue;
};

} // namespace engine::backend::cuda
