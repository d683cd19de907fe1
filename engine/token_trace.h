#pragma once
// The tokens a routing trace belongs to. Plain data; may cross threads.
// Record t is input token t: row t of the RoutingTrace was computed from it. The last sampled token was not read by the
// model, so it has a record but no row.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace engine {

enum class TokenPhase : std::uint8_t { Prompt = 0, Thinking = 1, Answer = 2 };

struct TokenRecord {
    std::int32_t token = -1;
    TokenPhase phase = TokenPhase::Prompt;
    std::optional<float> logProbability; ///< natural logarithm, raw; nothing for tokens of the prompt
    std::optional<std::uint16_t> rank;   ///< by raw probability, 0 = likeliest; nothing where it was not measured
    std::uint16_t milliseconds = 0;      ///< since the token before; 65535 = that long or longer
};

/// Number of the plane in the stored form (engine/routing_trace.h has the others).
inline constexpr int tokenPlane = 7;

/// One stored chunk: the header of engine/routing_trace.h with type 2, n_layers and k 0, then 16 bytes for each token,
/// little endian: id u32, phase u8, flags u8 (1 = the logprob counts, 2 = the rank counts, 4 = the entropy counts),
/// logprob f16, entropy f16 (not measured: 0), rank u16, ms u16, 2 bytes of padding.
std::vector<std::uint8_t> encodeTokens(std::span<const TokenRecord> tokens, std::size_t firstToken);

/// The inverse; throws Error FileMalformed naming the header field, the CRC or the phase.
std::vector<TokenRecord> decodeTokens(std::span<const std::uint8_t> chunk);

} // namespace engine
