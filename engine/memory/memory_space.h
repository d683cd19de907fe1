#pragma once
// The memory a backend's ops read and write: the host's own, or a device's, whose addresses mean nothing to the host.

#include "engine/memory/buffer.h"

#include <cstddef>

namespace engine::memory {

/// Copies are made in the order of the backend's ops. Host memory handed to upload() or download() must stay
/// unchanged, and is not read by the caller, until the backend is synchronized. Thread contract: as the backend's.
class MemorySpace {
public:
    virtual ~MemorySpace() = default;

    /// Aligned to Buffer::alignment, indeterminate; must not outlive the space. Throws Error OutOfMemory naming the
    /// bytes that were wanted and, where the space knows, those that are free.
    virtual Buffer allocate(std::size_t bytes) = 0;
    /// Host memory the space copies to and from without a detour, for what is copied again and again. Errors as
    /// allocate().
    virtual Buffer allocateStaging(std::size_t bytes) { return Buffer(bytes); }
    virtual void upload(void *to, const void *fromHost, std::size_t bytes) = 0;
    virtual void download(void *toHost, const void *from, std::size_t bytes) = 0;
    virtual void copy(void *to, const void *from, std::size_t bytes) = 0; ///< within the space
    /// The host's memory is this space: mapped files can be used as they are.
    virtual bool isHost() const = 0;
};

MemorySpace &hostMemory();

} // namespace engine::memory
