#include "engine/routing_trace.h"

#include "engine/error.h"
#include "engine/runtime/trace_chunk.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace engine {

namespace {

[[noreturn]] void refuse(const std::string &sentence)
{
    throw Error(ErrorCode::RequestInvalid, {}, "routingTrace", sentence);
}

std::uint8_t numberOf(RoutingTrace::Plane plane)
{
    return static_cast<std::uint8_t>(plane);
}

TraceType idType(int routedExperts)
{
    return routedExperts > 256 ? TraceType::U16 : TraceType::U8;
}

void encodeIds(std::span<const std::uint16_t> ids, TraceType type, std::uint8_t *out)
{
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (type == TraceType::U8)
            out[i] = static_cast<std::uint8_t>(ids[i]);
        else
            putU16(out + 2 * i, ids[i]);
    }
}

void decodeIds(std::span<const std::uint8_t> stored, TraceType type, int routedExperts, std::span<std::uint16_t> out)
{
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint32_t id = type == TraceType::U8 ? stored[i] : getU16(stored.data() + 2 * i);
        if (static_cast<int>(id) >= routedExperts)
            malformedTrace("ids", "name expert " + std::to_string(id) + " of " + std::to_string(routedExperts));
        out[i] = static_cast<std::uint16_t>(id);
    }
}

/// g / Σg in 255ths, Σ over each `k`
void encodeGates(std::span<const float> gates, std::size_t k, std::uint8_t *out)
{
    for (; !gates.empty(); gates = gates.subspan(k)) {
        const float sum = std::accumulate(gates.begin(), gates.begin() + static_cast<std::ptrdiff_t>(k), 0.0F);
        for (const float gate : gates.first(k)) {
            const float share = sum > 0.0F ? std::clamp(gate / sum, 0.0F, 1.0F) : 0.0F;
            *out++ = static_cast<std::uint8_t>(std::lround(share * 255.0F));
        }
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
    if (width() == 0 || ids.size() != width() || gates.size() != width())
        refuse("A row of this routing trace has " + std::to_string(width()) + " ids and gates, not " +
               std::to_string(ids.size()) + " and " + std::to_string(gates.size()) + ".");
    if (std::any_of(ids.begin(), ids.end(), [this](std::uint16_t id) { return id >= m_experts; }))
        refuse("A routing trace of " + std::to_string(m_experts) + " experts was given the id of another one.");
    push(ids, gates);
}

void RoutingTrace::push(std::span<const std::uint16_t> ids, std::span<const float> gates)
{
    if (m_open.ids.empty()) {
        m_open.ids.reserve(pageTokens * width());
        m_open.gates.reserve(pageTokens * width());
    }
    m_open.ids.insert(m_open.ids.end(), ids.begin(), ids.end());
    m_open.gates.insert(m_open.gates.end(), gates.begin(), gates.end());
    if (++m_tokens % pageTokens == 0)
        m_full.push_back(std::make_shared<const Page>(std::exchange(m_open, {})));
}

void RoutingTrace::append(const RoutingTrace &other)
{
    if (other.empty())
        return;
    if (m_layers == 0)
        *this = RoutingTrace(other.m_layers, other.m_k, other.m_experts);
    if (other.m_layers != m_layers || other.m_k != m_k || other.m_experts != m_experts)
        refuse("Routing traces of different models cannot be joined.");
    if (empty()) {
        *this = other;
        return;
    }
    const RoutingTrace rows = other; // `other` may be this trace
    for (std::size_t token = 0; token < rows.m_tokens; ++token)
        push(rows.ids(token), rows.gates(token));
}

void RoutingTrace::truncate(std::size_t tokens)
{
    if (tokens >= m_tokens)
        return;
    const std::size_t full = tokens / pageTokens;
    if (full < m_full.size()) {
        m_open = *m_full[full];
        m_full.resize(full);
    }
    m_tokens = tokens;
    m_open.ids.resize((tokens - full * pageTokens) * width());
    m_open.gates.resize(m_open.ids.size());
}

const RoutingTrace::Page &RoutingTrace::pageOf(std::size_t token) const
{
    const std::size_t page = token / pageTokens;
    return page < m_full.size() ? *m_full[page] : m_open;
}

std::span<const std::uint16_t> RoutingTrace::ids(std::size_t token) const
{
    return std::span(pageOf(token).ids).subspan(token % pageTokens * width(), width());
}

std::span<const float> RoutingTrace::gates(std::size_t token) const
{
    return std::span(pageOf(token).gates).subspan(token % pageTokens * width(), width());
}

std::vector<std::uint8_t> RoutingTrace::encodeChunk(Plane plane, std::size_t firstToken, std::size_t count) const
{
    if (m_layers == 0 || firstToken > m_tokens || count > m_tokens - firstToken ||
        firstToken + count > std::numeric_limits<std::uint32_t>::max())
        refuse("A routing trace of " + std::to_string(m_tokens) + " tokens has no tokens " +
               std::to_string(firstToken) + " to " + std::to_string(firstToken + count) + ".");
    TraceHeader header;
    header.plane = numberOf(plane);
    header.type = plane == Plane::Ids ? idType(m_experts) : TraceType::U8;
    header.firstToken = static_cast<std::uint32_t>(firstToken);
    header.tokens = static_cast<std::uint32_t>(count);
    header.layers = static_cast<std::uint32_t>(m_layers);
    header.k = static_cast<std::uint32_t>(m_k);
    std::vector<std::uint8_t> chunk(traceHeaderBytes + count * header.stride());

    std::uint8_t *out = chunk.data() + traceHeaderBytes;
    for (std::size_t token = firstToken; token < firstToken + count; ++token, out += header.stride()) {
        if (plane == Plane::Ids)
            encodeIds(ids(token), header.type, out);
        else
            encodeGates(gates(token), static_cast<std::size_t>(m_k), out);
    }
    writeTraceHeader(header, chunk);
    return chunk;
}

RoutingTrace RoutingTrace::decodeChunk(std::span<const std::uint8_t> ids, std::span<const std::uint8_t> gates,
                                       int routedExperts)
{
    const TraceHeader idHeader = readTraceHeader(ids, numberOf(Plane::Ids), idType(routedExperts));
    const TraceHeader gateHeader = readTraceHeader(gates, numberOf(Plane::Gates), TraceType::U8);
    if (idHeader.firstToken != gateHeader.firstToken)
        malformedTrace("first_tok", "differs between ids and gates");
    if (idHeader.tokens != gateHeader.tokens)
        malformedTrace("n_tok", "differs between ids and gates");
    if (idHeader.layers != gateHeader.layers)
        malformedTrace("n_layers", "differs between ids and gates");
    if (idHeader.k != gateHeader.k || static_cast<int>(idHeader.k) > routedExperts)
        malformedTrace("k", "differs between ids and gates or exceeds the number of experts");

    RoutingTrace trace(static_cast<int>(idHeader.layers), static_cast<int>(idHeader.k), routedExperts);
    const std::size_t width = trace.width();
    std::vector<std::uint16_t> rowIds(width);
    std::vector<float> rowGates(width);
    for (std::size_t value = 0; value < idHeader.tokens * width; value += width) {
        decodeIds(ids.subspan(traceHeaderBytes + value * idHeader.valueBytes()), idHeader.type, routedExperts, rowIds);
        for (std::size_t i = 0; i < width; i += idHeader.k)
            decodeGates(gates.subspan(traceHeaderBytes + value + i, idHeader.k), rowGates.data() + i);
        trace.push(rowIds, rowGates);
    }
    return trace;
}

} // namespace engine
