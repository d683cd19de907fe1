#pragma once
// Which experts each token used. Plain data; may cross threads.
// Row (t, l): the `k` experts chosen for token t in the l-th MoE layer (ModelInfo::moeLayers[l]), rank 0 =
// highest selection score. The row at position t was computed from input token t and produced token t+1.
//
// Rows stand in pages that never change once they are full and are shared by all copies, so that handing over the trace
// of a long conversation at every turn costs a pointer a page.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace engine {

class RoutingTrace {
public:
    static constexpr std::size_t pageTokens = 64;

    RoutingTrace() = default;
    RoutingTrace(int layers, int expertsPerToken, int routedExperts);

    int layers() const { return m_layers; }
    int expertsPerToken() const { return m_k; }
    int routedExperts() const { return m_experts; }
    std::size_t tokens() const { return m_tokens; }
    bool empty() const { return m_tokens == 0; }

    /// Expert ids [layers, k] and gates [layers, k] (the weights the expert outputs were multiplied
    /// with, after normalisation and scaling) of one token.
    void append(std::span<const std::uint16_t> ids, std::span<const float> gates);
    void append(const RoutingTrace &other); ///< same geometry, or Error RequestInvalid
    void truncate(std::size_t tokens);

    /// [layers, k] of a token below tokens(); valid until append() or truncate().
    std::span<const std::uint16_t> ids(std::size_t token) const;
    std::span<const float> gates(std::size_t token) const;

    /// One stored chunk: 32-byte header (magic "MOET", version 1, plane, dtype, codec 0, first_tok,
    /// n_tok, n_layers, k, flags, stride, CRC-32 of the payload) + payload [token][layer][rank], little
    /// endian. Plane 0 ids: u8, or u16 if routedExperts > 256. Plane 1 gates: u8 = g/Σg × 255.
    enum class Plane : std::uint8_t { Ids = 0, Gates = 1 };
    std::vector<std::uint8_t> encodeChunk(Plane plane, std::size_t firstToken, std::size_t count) const;

    /// The inverse for the ids and gates planes of one chunk; throws Error FileMalformed naming the
    /// header field or the CRC. Gates come back normalised to a sum of 1.
    static RoutingTrace decodeChunk(std::span<const std::uint8_t> ids, std::span<const std::uint8_t> gates,
                                    int routedExperts);

private:
    struct Page {
        std::vector<std::uint16_t> ids; ///< [tokens, layers, k]
        std::vector<float> gates;       ///< the same
    };
    std::size_t width() const { return static_cast<std::size_t>(m_layers) * static_cast<std::size_t>(m_k); }
    const Page &pageOf(std::size_t token) const;
    void push(std::span<const std::uint16_t> ids, std::span<const float> gates);

    int m_layers = 0;
    int m_k = 0;
    int m_experts = 0;
    std::size_t m_tokens = 0;
    std::vector<std::shared_ptr<const Page>> m_full; ///< of pageTokens tokens each
    Page m_open;                                     ///< the tokens after them, fewer than pageTokens
};

} // namespace engine
