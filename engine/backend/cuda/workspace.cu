// How much memory the backend will reserve, without a device: the same code reserves from memory that is only counted.

#include "engine/backend/cuda/detail/workspace.h"

#include "engine/backend/cuda/plugin.h"

namespace engine::backend::cuda {

namespace {

/// Gives out blocks that nobody writes to.
class CountedMemory final : public memory::MemorySpace {
public:
    memory::Buffer allocate(std::size_t bytes) override
    {
        static std::byte nowhere{};
        return bytes == 0 ? memory::Buffer() : memory::Buffer(&nowhere, bytes, {[](void *, std::byte *) {}, nullptr});
    }
    void upload(void *, const void *, std::size_t) override {}
    void download(void *, const void *, std::size_t) override {}
    void copy(void *, const void *, std::size_t) override {}
    bool isHost() const override { return false; }
};

} // namespace

void Workspace::reserve(const WorkspaceShape &shape, const DeviceLimits &device, memory::MemorySpace &memory)
{
    attention.reserve(shape, device, memory);
    experts.reserve(shape, memory);
    linear.reserve(shape, memory);
    sample.reserve(shape.vocab, memory);
    quantised.reserve(shape, memory);
    quantisedExperts.reserve(shape, memory);
    const std::size_t needed =
        static_cast<std::size_t>(shape.tokens) * static_cast<std::size_t>(shape.experts) * sizeof(float);
    if (needed > affinities.size())
        affinities = memory.allocate(needed);
}

std::uint64_t Workspace::bytes() const
{
    return attention.bytes() + experts.bytes() + linear.bytes() + sample.bytes() + affinities.size() +
           quantised.bytes() + quantisedExperts.bytes();
}

} // namespace engine::backend::cuda

std::uint64_t bathyscope_cuda_workspace_bytes(const engine::backend::WorkspaceShape &shape, int multiprocessors)
{
    using namespace engine::backend::cuda;
    CountedMemory memory;
    Workspace workspace;
    workspace.linear.reserve(memory, {multiprocessors, 0});
    workspace.reserve(shape, {multiprocessors, 0}, memory);
    return workspace.bytes();
}
