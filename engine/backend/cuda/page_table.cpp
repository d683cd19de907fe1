#include "engine/backend/cuda/detail/page_table.h"

#include <algorithm>

namespace engine::backend::cuda {

void PageTable::reserve(memory::MemorySpace &memory, std::size_t pages)
{
    if (pages * sizeof(std::byte *) > m_device.size()) {
        m_device = memory.allocate(pages * sizeof(std::byte *));
        m_shown.clear();
        m_shown.reserve(pages);
    }
}

bool PageTable::shows(std::span<std::byte *const> pages) const
{
    return std::equal(pages.begin(), pages.end(), m_shown.begin(), m_shown.end());
}

std::byte *const *PageTable::show(memory::MemorySpace &memory, std::span<std::byte *const> pages)
{
    const std::size_t bytes = pages.size_bytes();
    if (bytes > m_device.size())
        return nullptr;
    if (!shows(pages)) {
        m_shown.assign(pages.begin(), pages.end());
        memory.upload(m_device.data(), m_shown.data(), bytes);
    }
    return reinterpret_cast<std::byte *const *>(m_device.data());
}

} // namespace engine::backend::cuda
