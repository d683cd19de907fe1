#include "engine/memory/memory_space.h"

#include <cstring>

namespace engine::memory {

namespace {

class HostMemory final : public MemorySpace {
public:
    Buffer allocate(std::size_t bytes) override { return Buffer(bytes); }
    void upload(void *to, const void *from, std::size_t bytes) override { copy(to, from, bytes); }
    void download(void *to, const void *from, std::size_t bytes) override { copy(to, from, bytes); }
    void copy(void *to, const void *from, std::size_t bytes) override
    {
        if (bytes > 0)
            std::memcpy(to, from, bytes);
    }
    bool isHost() const override { return true; }
};

} // namespace

MemorySpace &hostMemory()
{
    static HostMemory memory;
    return memory;
}

} // namespace engine::memory
