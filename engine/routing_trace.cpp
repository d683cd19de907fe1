#include "engine/routing_trace.h"

#include "engine/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace engine {

namespace {

constexpr std::array<std::uint8_t, 4> magic{'M', 'O', 'E', 'T'};
constexpr std::uint8_t version = 1;
constexpr std::uint8_t rawCodec = 0;
constexpr std::size_t headerBytes = 32;
enum class PlaneType : std::uint8_t { U8 = 0, U16 = 1 };

[[noreturn]] void refuse(const std::string &sentence)
{
    throw Error(ErrorCode::RequestInvalid, {}, "routingTrace", sentence);
}

[[noreturn]] void malformed(const std::string &field, const std::string &what)
{
    throw Error(ErrorCode::FileMalformed, {}, field,
                "A stored routing trace is damaged: its " + field + " " + what + ".");
}

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

struct Header {
    RoutingTrace::Plane plane = RoutingTrace::Plane::Ids;
    PlaneType type = PlaneType::U8;
    std::uint32_t firstToken = 0;
    std::uint32_t tokens = 0;
    std::uint32_t layers = 0;
    std::uint32_t k = 0;

    std::uint32_t valueBytes() const { return type == PlaneType::U8 ? 1 : 2; }
    std::uint64_t tokenBytes() const { return std::uint64_t{layers} * k * valueBytes(); }
};

void write(const Header &header, std::vector<std::uint8_t> &chunk)
{
    std::uint8_t *at = chunk.data();
    std::copy(magic.begin(), magic.end(), at);
    at[4] = version;
    at[5] = static_cast<std::uint8_t>(header.plane);
    at[6] = static_cast<std::uint8_t>(header.type);
    at[7] = rawCodec;
    putU32(at + 8, header.firstToken);
    putU32(at + 12, header.tokens);
    putU16(at + 16, header.layers);
    at[18] = static_cast<std::uint8_t>(header.k);
    putU32(at + 20, static_cast<std::uint32_t>(header.tokenBytes()));
    putU32(at + 24, crc32(std::span(chunk).subspan(headerBytes)));
}

/// Checks everything the header says against the chunk and what is expected of it.
Header read(std::span<const std::uint8_t> chunk, RoutingTrace::Plane plane, PlaneType type)
{
    if (chunk.size() < headerBytes)
        malformed("header", "is cut off after " + std::to_string(chunk.size()) + " bytes");
    const std::uint8_t *at = chunk.data();
    if (!std::equal(magic.begin(), magic.end(), at))
        malformed("magic", "is not MOET");
    if (at[4] != version)
        malformed("version", "is " + std::to_string(at[4]) + ", not " + std::to_string(version));
    if (at[5] != static_cast<std::uint8_t>(plane))
        malformed("plane", "is " + std::to_string(at[5]) + ", not " + std::to_string(static_cast<int>(plane)));
    if (at[6] != static_cast<std::uint8_t>(type))
        malformed("dtype", "is " + std::to_string(at[6]) + ", not " + std::to_string(static_cast<int>(type)));
    if (at[7] != rawCodec)
        malformed("codec", "is " + std::to_string(at[7]) + ", not 0 (raw)");
    const Header header{plane, type, getU32(at + 8), getU32(at + 12), getU16(at + 16), at[18]};
    if (header.layers == 0)
        malformed("n_layers", "is 0");
    if (header.k == 0)
        malformed("k", "is 0");
    if (at[19] != 0)
        malformed("flags", "is " + std::to_string(at[19]) + ", not 0");
    if (getU32(at + 20) != header.tokenBytes())
        malformed("stride", "is " + std::to_string(getU32(at + 20)) + ", not " + std::to_string(header.tokenBytes()));
    if (chunk.size() - headerBytes != header.tokens * header.tokenBytes())
        malformed("n_tok", "is " + std::to_string(header.tokens) + ", but " +
                               std::to_string(chunk.size() - headerBytes) + " bytes follow");
    if (getU32(at + 24) != crc32(chunk.subspan(headerBytes)))
        malformed("crc32", "does not fit its data");
    return header;
}

PlaneType idType(int routedExperts)
{
    return routedExperts > 256 ? PlaneType::U16 : PlaneType::U8;
}

/// g / Σg in 255ths
void encodeGates(std::span<const float> gates, std::uint8_t *out)
{
    const float sum = std::accumulate(gates.begin(), gates.end(), 0.0F);
    for (const float gate : gates) {
        const float share = sum > 0.0F ? std::clamp(gate / sum, 0.0F, 1.0F) : 0.0F;
        *out++ = static_cast<std::uint8_t>(std::lround(share * 255.0F));
    }
}

void decodeGates(std::span<const std::uint8_t> stored, float *out)
{
    const int sum = std::accumulate(stored.begin(), stored.end(), 0);
    for (const std::uint8_t share : stored)
        *out++ =
            sum > 0 ? static_cast<float>(share) / static_cast<float>(sum) : 1.0F / static_cast<float>(stored.size());
}

} // namespace

RoutingTrace::RoutingTrace(int layers, int expertsPerToken, int routedExperts)
    : m_layers(layers), m_k(expertsPerToken), m_experts(routedExperts)
{
    // The limits are those of the stored header.
    if (layers < 1 || layers > 65535 || expertsPerToken < 1 || expertsPerToken > 255 ||
        routedExperts < expertsPerToken || routedExperts > 65536)
        refuse("A routing trace cannot have " + std::to_string(layers) + " layers with " +
               std::to_string(expertsPerToken) + " of " + std::to_string(routedExperts) + " experts.");
}

void RoutingTrace::append(std::span<const std::uint16_t> ids, std::span<const float> gates)
{
    const std::size_t width = static_cast<std::size_t>(m_layers) * static_cast<std::size_t>(m_k);
    if (width == 0 || ids.size() != width || gates.size() != width)
        refuse("A row of this routing trace has " + std::to_string(width) + " ids and gates, not " +
               std::to_string(ids.size()) + " and " + std::to_string(gates.size()) + ".");
    if (std::any_of(ids.begin(), ids.end(), [this](std::uint16_t id) { return id >= m_experts; }))
        refuse("A routing trace of " + std::to_string(m_experts) + " experts was given the id of another one.");
    m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    m_gates.insert(m_gates.end(), gates.begin(), gates.end());
    ++m_tokens;
}

void RoutingTrace::append(const RoutingTrace &other)
{
    if (other.empty())
        return;
    if (m_layers == 0)
        *this = RoutingTrace(other.m_layers, other.m_k, other.m_experts);
    if (other.m_layers != m_layers || other.m_k != m_k || other.m_experts != m_experts)
        refuse("Routing traces of different models cannot be joined.");
    // By index: `other` may be this trace.
    const std::size_t count = other.m_ids.size();
    m_ids.reserve(m_ids.size() + count);
    m_gates.reserve(m_gates.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
        m_ids.push_back(other.m_ids[i]);
        m_gates.push_back(other.m_gates[i]);
    }
    m_tokens += count / (static_cast<std::size_t>(m_layers) * static_cast<std::size_t>(m_k));
}

void RoutingTrace::truncate(std::size_t tokens)
{
    if (tokens >= m_tokens)
        return;
    m_tokens = tokens;
    const std::size_t width = static_cast<std::size_t>(m_layers) * static_cast<std::size_t>(m_k);
    m_ids.resize(tokens * width);
    m_gates.resize(tokens * width);
}

std::span<const std::uint16_t> RoutingTrace::ids(std::size_t token) const
{
    const std::size_t width = static_cast<std::size_t>(m_layers) * static_cast<std::size_t>(m_k);
    return std::span(m_ids).subspan(token * width, width);
}

std::span<const float> RoutingTrace::gates(std::size_t token) const
{
    const std::size_t width = static_cast<std::size_t>(m_layers) * static_cast<std::size_t>(m_k);
    return std::span(m_gates).subspan(token * width, width);
}

std::vector<std::uint8_t> RoutingTrace::encodeChunk(Plane plane, std::size_t firstToken, std::size_t count) const
{
    if (m_layers == 0 || firstToken > m_tokens || count > m_tokens - firstToken ||
        firstToken + count > std::numeric_limits<std::uint32_t>::max())
        refuse("A routing trace of " + std::to_string(m_tokens) + " tokens has no tokens " +
               std::to_string(firstToken) + " to " + std::to_string(firstToken + count) + ".");
    Header header;
    header.plane = plane;
    header.type = plane == Plane::Ids ? idType(m_experts) : PlaneType::U8;
    header.firstToken = static_cast<std::uint32_t>(firstToken);
    header.tokens = static_cast<std::uint32_t>(count);
    header.layers = static_cast<std::uint32_t>(m_layers);
    header.k = static_cast<std::uint32_t>(m_k);
    std::vector<std::uint8_t> chunk(headerBytes + count * header.tokenBytes());

    const auto k = static_cast<std::size_t>(m_k);
    const std::size_t rows = count * static_cast<std::size_t>(m_layers);
    std::uint8_t *out = chunk.data() + headerBytes;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t first = (firstToken * static_cast<std::size_t>(m_layers) + row) * k;
        if (plane == Plane::Gates)
            encodeGates(std::span(m_gates).subspan(first, k), out + row * k);
        for (std::size_t rank = 0; plane == Plane::Ids && rank < k; ++rank) {
            const std::uint16_t id = m_ids[first + rank];
            if (header.type == PlaneType::U8)
                out[row * k + rank] = static_cast<std::uint8_t>(id);
            else
                putU16(out + 2 * (row * k + rank), id);
        }
    }
    write(header, chunk);
    return chunk;
}

RoutingTrace RoutingTrace::decodeChunk(std::span<const std::uint8_t> ids, std::span<const std::uint8_t> gates,
                                       int routedExperts)
{
    const Header idHeader = read(ids, Plane::Ids, idType(routedExperts));
    const Header gateHeader = read(gates, Plane::Gates, PlaneType::U8);
    if (idHeader.firstToken != gateHeader.firstToken)
        malformed("first_tok", "differs between ids and gates");
    if (idHeader.tokens != gateHeader.tokens)
        malformed("n_tok", "differs between ids and gates");
    if (idHeader.layers != gateHeader.layers)
        malformed("n_layers", "differs between ids and gates");
    if (idHeader.k != gateHeader.k || static_cast<int>(idHeader.k) > routedExperts)
        malformed("k", "differs between ids and gates or exceeds the number of experts");

    RoutingTrace trace(static_cast<int>(idHeader.layers), static_cast<int>(idHeader.k), routedExperts);
    const std::size_t values = std::size_t{idHeader.tokens} * idHeader.layers * idHeader.k;
    trace.m_ids.resize(values);
    trace.m_gates.resize(values);
    trace.m_tokens = idHeader.tokens;
    const std::uint8_t *stored = ids.data() + headerBytes;
    for (std::size_t i = 0; i < values; ++i) {
        const std::uint32_t id = idHeader.type == PlaneType::U8 ? stored[i] : getU16(stored + 2 * i);
        if (static_cast<int>(id) >= routedExperts)
            malformed("ids", "name expert " + std::to_string(id) + " of " + std::to_string(routedExperts));
        trace.m_ids[i] = static_cast<std::uint16_t>(id);
    }
    for (std::size_t i = 0; i < values; i += idHeader.k)
        decodeGates(gates.subspan(headerBytes + i, idHeader.k), trace.m_gates.data() + i);
    return trace;
}

} // namespace engine
