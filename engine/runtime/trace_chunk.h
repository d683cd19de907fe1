#pragma once
// The stored form of a trace: chunks of one plane each. A chunk is 32 bytes of header (magic "MOET", version u8, plane
// u8, type u8, codec u8, first_tok u32, n_tok u32, n_layers u16, k u8, flags u8, stride u32, CRC-32 of the payload u32,
// 4 bytes reserved) and n_tok × stride bytes of payload; all little endian. Version 1, codec 0, flags 0.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace engine {

inline constexpr std::size_t traceHeaderBytes = 32;
inline constexpr std::uint32_t tokenRecordBytes = 16;

enum class TraceType : std::uint8_t { U8 = 0, U16 = 1, TokenRecord = 2 };

struct TraceHeader {
    std::uint8_t plane = 0;
    TraceType type = TraceType::U8;
    std::uint32_t firstToken = 0;
    std::uint32_t tokens = 0;
    std::uint32_t layers = 0; ///< 0 for token records, which have none
    std::uint32_t k = 0;      ///< the same

    std::uint32_t valueBytes() const { return type == TraceType::U8 ? 1 : 2; }
    std::uint64_t stride() const ///< bytes of a token
    {
        return type == TraceType::TokenRecord ? tokenRecordBytes : std::uint64_t{layers} * k * valueBytes();
    }
};

/// Fills the first bytes of a chunk whose payload is complete.
void writeTraceHeader(const TraceHeader &header, std::vector<std::uint8_t> &chunk);

/// Checks everything the header says against the chunk and what is expected of it; throws Error FileMalformed with the
/// name of the field above.
TraceHeader readTraceHeader(std::span<const std::uint8_t> chunk, std::uint8_t plane, TraceType type);

[[noreturn]] void malformedTrace(const std::string &field, const std::string &what);

void putU16(std::uint8_t *at, std::uint32_t value);
void putU32(std::uint8_t *at, std::uint32_t value);
std::uint32_t getU16(const std::uint8_t *at);
std::uint32_t getU32(const std::uint8_t *at);

} // namespace engine
