#pragma once
// Reads the header of a GGUF file from front to back.

#include "engine/memory/dtype.h"
#include "engine/memory/mapped_file.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

inline constexpr std::uint64_t maxGgufHeader = std::uint64_t{256} << 20; ///< bytes; V3's has 10 MB

/// Nothing is believed: every length is compared with what is left of the file before it is used. Reads with pread,
/// never through a mapping. Throws Error FileTruncated or FileMalformed naming the file and what was being read.
class GgufCursor {
public:
    explicit GgufCursor(const memory::MappedFile &file, std::uint64_t start = 0);

    std::uint64_t position() const { return m_position; }
    std::uint64_t remaining() const; ///< bytes to the end of the file, or to the longest header that is read

    /// What errors call the thing that is read now: "metadata entry 3", "tensor 12"; a name once it is known.
    void begin(std::string thing, std::string field = {});
    const std::string &field() const { return m_field; }

    template <typename T>
    T number()
    {
        std::array<std::byte, sizeof(T)> bytes;
        copy(bytes);
        return memory::loadUnaligned<T>(bytes.data());
    }
    std::string text(std::uint64_t maxBytes); ///< u64 length, then that many bytes
    /// Steps over `count` things of at least `unitBytes` each and returns their bytes, or only checks that so many fit.
    std::uint64_t skip(std::uint64_t count, std::uint64_t unitBytes);
    void require(std::uint64_t count, std::uint64_t unitBytes, std::string_view what) const;
    void skipText();

    [[noreturn]] void fail(const std::string &what) const; ///< FileMalformed: "<file>: <thing> <what>."

private:
    void copy(std::span<std::byte> target);

    const memory::MappedFile &m_file;
    std::uint64_t m_end;
    std::uint64_t m_position;
    std::vector<std::byte> m_window;
    std::uint64_t m_windowStart = 0;
    std::string m_thing = "the header";
    std::string m_field;
};

} // namespace engine::model
