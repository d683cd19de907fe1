#include "engine/token_trace.h"

#include "engine/memory/dtype.h"
#include "engine/runtime/trace_chunk.h"

namespace engine {

namespace {

constexpr std::uint8_t logProbabilityCounts = 1;
constexpr std::uint8_t rankCounts = 2;

void put(const TokenRecord &record, std::uint8_t *at)
{
    putU32(at, static_cast<std::uint32_t>(record.token));
    at[4] = static_cast<std::uint8_t>(record.phase);
    at[5] =
        static_cast<std::uint8_t>((record.logProbability ? logProbabilityCounts : 0) | (record.rank ? rankCounts : 0));
    putU16(at + 6, memory::floatToF16(record.logProbability.value_or(0.0F)));
    putU16(at + 10, record.rank.value_or(0));
    putU16(at + 12, record.milliseconds);
}

TokenRecord get(const std::uint8_t *at)
{
    TokenRecord record;
    record.token = static_cast<std::int32_t>(getU32(at));
    if (at[4] > static_cast<std::uint8_t>(TokenPhase::Answer))
        malformedTrace("phase", "is " + std::to_string(at[4]));
    record.phase = static_cast<TokenPhase>(at[4]);
    if ((at[5] & logProbabilityCounts) != 0)
        record.logProbability = memory::f16ToFloat(static_cast<std::uint16_t>(getU16(at + 6)));
    if ((at[5] & rankCounts) != 0)
        record.rank = static_cast<std::uint16_t>(getU16(at + 10));
    record.milliseconds = static_cast<std::uint16_t>(getU16(at + 12));
    return record;
}

} // namespace

std::vector<std::uint8_t> encodeTokens(std::span<const TokenRecord> tokens, std::size_t firstToken)
{
    std::vector<std::uint8_t> chunk(traceHeaderBytes + tokens.size() * tokenRecordBytes);
    std::uint8_t *at = chunk.data() + traceHeaderBytes;
    for (const TokenRecord &record : tokens) {
        put(record, at);
        at += tokenRecordBytes;
    }
    TraceHeader header;
    header.plane = tokenPlane;
    header.type = TraceType::TokenRecord;
    header.firstToken = static_cast<std::uint32_t>(firstToken);
    header.tokens = static_cast<std::uint32_t>(tokens.size());
    writeTraceHeader(header, chunk);
    return chunk;
}

std::vector<TokenRecord> decodeTokens(std::span<const std::uint8_t> chunk)
{
    const TraceHeader header = readTraceHeader(chunk, tokenPlane, TraceType::TokenRecord);
    std::vector<TokenRecord> tokens;
    tokens.reserve(header.tokens);
    for (std::size_t at = traceHeaderBytes; at < chunk.size(); at += tokenRecordBytes)
        tokens.push_back(get(chunk.data() + at));
    return tokens;
}

} // namespace engine
