#pragma once
// Addresses of cache pages where kernels can read them.

#include "engine/memory/memory_space.h"

#include <span>
#include <vector>

namespace engine::backend::cuda {

/// Uploads a list only when it differs from the last one: all layers of a step have the same pages.
class PageTable {
public:
    /// Memory for `pages` addresses.
    void reserve(memory::MemorySpace &memory, std::size_t pages);
    /// Whether the list in device memory is this one.
    bool shows(std::span<std::byte *const> pages) const;
    /// The list in device memory; null when it has more entries than were reserved.
    std::byte *const *show(memory::MemorySpace &memory, std::span<std::byte *const> pages);

private:
    memory::Buffer m_device;
    std::vector<std::byte *> m_shown;
};

} // namespace engine::backend::cuda
