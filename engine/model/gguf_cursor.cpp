#include "engine/model/detail/gguf_cursor.h"

#include "engine/error.h"
#include "engine/model/detail/message.h"

#include <algorithm>
#include <cstring>

namespace engine::model {

namespace {

constexpr std::uint64_t windowBytes = std::uint64_t{256} << 10;

} // namespace

GgufCursor::GgufCursor(const memory::MappedFile &file, std::uint64_t start)
    : m_file(file), m_end(std::min(file.size(), maxGgufHeader)), m_position(start)
{
}

std::uint64_t GgufCursor::remaining() const
{
    return m_end - std::min(m_position, m_end);
}

void GgufCursor::begin(std::string thing, std::string field)
{
    m_thing = std::move(thing);
    m_field = std::move(field);
}

void GgufCursor::fail(const std::string &what) const
{
    throw Error(ErrorCode::FileMalformed, m_file.name(), m_field, m_file.name() + ": " + m_thing + " " + what + ".");
}

/// Division, because count · unitBytes may not fit into 64 bits.
void GgufCursor::require(std::uint64_t count, std::uint64_t unitBytes, std::string_view what) const
{
    if (count <= remaining() / unitBytes) {
        return;
    }
    if (m_end < m_file.size() && count <= (m_file.size() - m_position) / unitBytes) {
        fail("makes the header longer than the " + grouped(maxGgufHeader) + " bytes it may have");
    }
    throw Error(ErrorCode::FileTruncated, m_file.name(), m_field,
                m_file.name() + ": " + m_thing + " claims " + grouped(count) + " " + std::string(what) + ", but only " +
                    grouped(remaining()) + " bytes follow (interrupted download, or the file is damaged).");
}

void GgufCursor::copy(std::span<std::byte> target)
{
    require(target.size(), 1, "bytes");
    const bool inside = m_position >= m_windowStart && m_position - m_windowStart <= m_window.size() &&
                        target.size() <= m_window.size() - (m_position - m_windowStart);
    if (!inside && target.size() >= windowBytes) {
        m_file.read(m_position, target);
    } else {
        if (!inside) {
            m_windowStart = m_position;
            m_window.resize(std::min(windowBytes, m_end - m_position));
            m_file.read(m_windowStart, m_window);
        }
        std::memcpy(target.data(), m_window.data() + (m_position - m_windowStart), target.size());
    }
    m_position += target.size();
}

std::string GgufCursor::text(std::uint64_t maxBytes)
{
    const auto length = number<std::uint64_t>();
    require(length, 1, "bytes of text");
    if (length > maxBytes) {
        fail("has a text of " + grouped(length) + " bytes; at most " + grouped(maxBytes) + " are allowed");
    }
    std::string found(length, '\0');
    if (length > 0) {
        copy(std::as_writable_bytes(std::span(found)));
    }
    return found;
}

std::uint64_t GgufCursor::skip(std::uint64_t count, std::uint64_t unitBytes)
{
    require(count, unitBytes, unitBytes == 1 ? "bytes" : "values");
    m_position += count * unitBytes;
    return count * unitBytes;
}

void GgufCursor::skipText()
{
    skip(number<std::uint64_t>(), 1);
}

} // namespace engine::model
