#include "storage/sqlite/checksum.h"

#include <zlib.h>

#include <array>
#include <bit>

namespace storage::sqlite {

Checksum &Checksum::add(std::int64_t value)
{
    std::array<std::uint8_t, 8> bytes;
    auto bits = static_cast<std::uint64_t>(value);
    for (std::uint8_t &byte : bytes) {
        byte = static_cast<std::uint8_t>(bits & 0xff);
        bits >>= 8;
    }
    addBytes(bytes.data(), bytes.size());
    return *this;
}

Checksum &Checksum::add(double value)
{
    // SQLite keeps no sign of zero in integral REALs, so -0.0 and 0.0 are one value here too.
    return add(std::bit_cast<std::int64_t>(value == 0.0 ? 0.0 : value));
}

Checksum &Checksum::add(std::string_view text)
{
    add(static_cast<std::int64_t>(text.size()));
    addBytes(text.data(), text.size());
    return *this;
}

Checksum &Checksum::add(std::span<const std::uint8_t> bytes)
{
    add(static_cast<std::int64_t>(bytes.size()));
    addBytes(bytes.data(), bytes.size());
    return *this;
}

void Checksum::addBytes(const void *bytes, std::size_t count)
{
    if (count > 0)
        m_value = static_cast<std::uint32_t>(::crc32_z(m_value, static_cast<const Bytef *>(bytes), count));
}

} // namespace storage::sqlite
