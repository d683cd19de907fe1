#pragma once
// CRC-32 over the fields of a row. SQLite does not notice a changed byte inside a text; this does.

#include <cstdint>
#include <span>
#include <string_view>

namespace storage::sqlite {

class Checksum {
public:
    Checksum &add(std::int64_t value);
    Checksum &add(double value);
    Checksum &add(std::string_view text); ///< with its length, so neighbouring texts cannot exchange bytes
    Checksum &add(std::span<const std::uint8_t> bytes);
    std::uint32_t value() const { return m_value; }

private:
    void addBytes(const void *bytes, std::size_t count);

    std::uint32_t m_value = 0;
};

/// The checksum to write for a row that is changed: a row already found damaged keeps a wrong one, so that
/// rewriting it does not pass damaged text off as good.
inline std::uint32_t checksumToStore(std::uint32_t computed, bool damaged)
{
    return damaged ? ~computed : computed;
}

} // namespace storage::sqlite
