// How much memory the backend will reserve, without a device: the same code reserves from memory that is only counted.

#include "engine/backend/cuda/detail/attention.h"
#include "engine/backend/cuda/detail/experts.h"
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

} // namespace engine::backend::cuda

std::uint64_t bathyscope_cuda_workspace_bytes(const engine::backend::WorkspaceShape &shape, int /*multiprocessors*/)
{
    using namespace engine::backend::cuda;
    CountedMemory memory;
    AttentionScratch attention;
    attention.reserve(shape, memory);
    ExpertScratch experts;
    experts.reserve(shape, memory);
    const std::uint64_t affinities =
        static_cast<std::uint64_t>(shape.tokens) * static_cast<std::uint64_t>(shape.experts) * sizeof(float);
    return attention.bytes() + experts.bytes() + affinities;
}
