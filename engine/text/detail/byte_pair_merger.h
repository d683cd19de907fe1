#pragma once
// BPE inside one piece: the adjacent pair with the lowest rank is merged first, the leftmost among equals.

#include "engine/generation.h"

#include <array>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace engine::text::detail {

struct Merge {
    TokenId left;
    TokenId right;
    TokenId merged;
};

class BytePairMerger {
public:
    /// `byteTokens[b]` is the token of byte b, −1 for bytes that no valid UTF-8 contains. The rank of a merge is its
    /// index; no pair occurs twice (addMerge answers false for a second one).
    explicit BytePairMerger(const std::array<TokenId, 256> &byteTokens) : m_byteTokens(byteTokens) {}
    void reserve(std::size_t merges);
    bool addMerge(const Merge &merge);

    /// Memory of one thread, kept from piece to piece.
    struct Scratch {
        struct Node {
            TokenId token;
            std::int32_t previous;
            std::int32_t next;
        };
        std::vector<Node> nodes;
        std::vector<std::uint64_t> heap; ///< rank · 2^32 + position of the left one, the lowest in front
    };

    /// Appends the tokens of one piece, at most 2^31 − 1 bytes. n log n in its length. After a stop was requested what
    /// is appended has no meaning.
    void encode(std::string_view piece, const std::stop_token &stop, Scratch &scratch,
                std::vector<TokenId> &tokens) const;

private:
    struct Slot {
        std::uint64_t pair = emptyPair;
        std::uint32_t rank = 0;
        TokenId merged = -1;
    };
    static constexpr std::uint64_t emptyPair = ~std::uint64_t{0};

    std::array<TokenId, 256> m_byteTokens;
    std::vector<Slot> m_slots; ///< open addressing; a power of two, at most half full
    std::size_t m_merges = 0;

    std::size_t slotOf(std::uint64_t pair) const;
    const Slot *find(TokenId left, TokenId right) const;
    void encodeShort(std::string_view piece, std::vector<TokenId> &tokens) const;
    void encodeLong(std::string_view piece, const std::stop_token &stop, Scratch &scratch,
                    std::vector<TokenId> &tokens) const;
    /// The merge of the symbol at this position with its right neighbour; nullptr if there is none.
    const Slot *mergeAt(const std::vector<Scratch::Node> &nodes, std::int32_t position) const;
    void offer(Scratch &scratch, std::int32_t position) const;
};

} // namespace engine::text::detail
