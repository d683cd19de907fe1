#include "engine/runtime/trace_chunk.h"

#include "engine/error.h"

#include <algorithm>
#include <array>

namespace engine {

namespace {

constexpr std::array<std::uint8_t, 4> magic{'M', 'O', 'E', 'T'};
constexpr std::uint8_t version = 1;
constexpr std::uint8_t rawCodec = 0;

/// CRC-32 of ISO 3309 (zlib, PNG).
std::uint32_t crc32(std::span<const std::uint8_t> bytes)
{
    static constexpr auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value >> 1) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
            entries[i] = value;
        }
        return entries;
    }();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::uint8_t byte : bytes)
        crc = table[(crc ^ byte) & 0xFFU] ^ (crc >> 8);
    return ~crc;
}

void require(const std::string &field, std::uint64_t found, std::uint64_t wanted, const char *meaning = "")
{
    if (found != wanted)
        malformedTrace(field, "is " + std::to_string(found) + ", not " + std::to_string(wanted) + meaning);
}

void checkShape(const TraceHeader &header)
{
    if (header.type == TraceType::TokenRecord) {
        require("n_layers", header.layers, 0);
        require("k", header.k, 0);
        return;
    }
    if (header.layers == 0)
        malformedTrace("n_layers", "is 0");
    if (header.k == 0)
        malformedTrace("k", "is 0");
}

void checkPayload(const TraceHeader &header, std::span<const std::uint8_t> payload, std::uint32_t checksum)
{
    if (payload.size() != header.tokens * header.stride())
        malformedTrace("n_tok", "is " + std::to_string(header.tokens) + ", but " + std::to_string(payload.size()) +
                                    " bytes follow");
    if (checksum != crc32(payload))
        malformedTrace("crc32", "does not fit its data");
}

} // namespace

void malformedTrace(const std::string &field, const std::string &what)
{
    throw Error(ErrorCode::FileMalformed, {}, field,
                "A stored routing trace is damaged: its " + field + " " + what + ".");
}

void putU16(std::uint8_t *at, std::uint32_t value)
{
    at[0] = static_cast<std::uint8_t>(value);
    at[1] = static_cast<std::uint8_t>(value >> 8);
}

void putU32(std::uint8_t *at, std::uint32_t value)
{
    putU16(at, value & 0xFFFFU);
    putU16(at + 2, value >> 16);
}

std::uint32_t getU16(const std::uint8_t *at)
{
    return at[0] | static_cast<std::uint32_t>(at[1]) << 8;
}

std::uint32_t getU32(const std::uint8_t *at)
{
    return getU16(at) | getU16(at + 2) << 16;
}

void writeTraceHeader(const TraceHeader &header, std::vector<std::uint8_t> &chunk)
{
    std::uint8_t *at = chunk.data();
    std::copy(magic.begin(), magic.end(), at);
    at[4] = version;
    at[5] = header.plane;
    at[6] = static_cast<std::uint8_t>(header.type);
    at[7] = rawCodec;
    putU32(at + 8, header.firstToken);
    putU32(at + 12, header.tokens);
    putU16(at + 16, header.layers);
    at[18] = static_cast<std::uint8_t>(header.k);
    putU32(at + 20, static_cast<std::uint32_t>(header.stride()));
    putU32(at + 24, crc32(std::span(chunk).subspan(traceHeaderBytes)));
}

TraceHeader readTraceHeader(std::span<const std::uint8_t> chunk, std::uint8_t plane, TraceType type)
{
    if (chunk.size() < traceHeaderBytes)
        malformedTrace("header", "is cut off after " + std::to_string(chunk.size()) + " bytes");
    const std::uint8_t *at = chunk.data();
    if (!std::equal(magic.begin(), magic.end(), at))
        malformedTrace("magic", "is not MOET");
    require("version", at[4], version);
    require("plane", at[5], plane);
    require("dtype", at[6], static_cast<std::uint8_t>(type));
    require("codec", at[7], rawCodec, " (raw)");
    const TraceHeader header{plane, type, getU32(at + 8), getU32(at + 12), getU16(at + 16), at[18]};
    checkShape(header);
    require("flags", at[19], 0);
    require("stride", getU32(at + 20), header.stride());
    checkPayload(header, chunk.subspan(traceHeaderBytes), getU32(at + 24));
    return header;
}

} // namespace engine
