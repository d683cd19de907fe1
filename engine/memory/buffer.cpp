#include "engine/memory/buffer.h"

#include "engine/error.h"

#include <cstring>
#include <string>

namespace engine::memory {

void BufferRelease::operator()(std::byte *block) const
{
    if (free != nullptr)
        free(context, block);
    else
        ::operator delete[](block, std::align_val_t{Buffer::alignment});
}

Buffer::Buffer(std::size_t bytes) : m_size(bytes)
{
    if (bytes == 0) {
        return;
    }
    m_data.reset(static_cast<std::byte *>(::operator new[](bytes, std::align_val_t{alignment}, std::nothrow)));
    if (!m_data) {
        throw Error(ErrorCode::OutOfMemory, {}, {},
                    "There is not enough memory for " + std::to_string(bytes) + " bytes.");
    }
}

void Buffer::fillZero()
{
    if (m_data) {
        std::memset(m_data.get(), 0, m_size);
    }
}

} // namespace engine::memory
