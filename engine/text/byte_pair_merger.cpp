#include "engine/text/detail/byte_pair_merger.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

namespace engine::text::detail {
namespace {

// Up to this length looking at every pair again after each merge is faster than a heap.
constexpr std::size_t shortPiece = 32;
constexpr std::uint32_t noRank = std::numeric_limits<std::uint32_t>::max();

std::uint64_t pairKey(TokenId left, TokenId right)
{
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U | static_cast<std::uint32_t>(right);
}

/// The finalizer of splitmix64: neighbouring ids spread over the whole table.
std::uint64_t mix(std::uint64_t x)
{
    x = (x ^ x >> 30U) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27U) * 0x94D049BB133111EBU;
    return x ^ x >> 31U;
}

} // namespace

void BytePairMerger::reserve(std::size_t merges)
{
    m_slots.assign(std::bit_ceil(std::max<std::size_t>(2 * merges, 2)), Slot{});
}

std::size_t BytePairMerger::slotOf(std::uint64_t pair) const
{
    std::size_t index = mix(pair) & (m_slots.size() - 1);
    while (m_slots[index].pair != pair && m_slots[index].pair != emptyPair)
        index = (index + 1) & (m_slots.size() - 1);
    return index;
}

bool BytePairMerger::addMerge(const Merge &merge)
{
    const std::uint64_t pair = pairKey(merge.left, merge.right);
    Slot &slot = m_slots[slotOf(pair)];
    if (slot.pair == pair)
        return false;
    slot = {pair, static_cast<std::uint32_t>(m_merges++), merge.merged};
    return true;
}

const BytePairMerger::Slot *BytePairMerger::find(TokenId left, TokenId right) const
{
    const std::uint64_t pair = pairKey(left, right);
    const Slot &slot = m_slots[slotOf(pair)];
    return slot.pair == pair ? &slot : nullptr;
}

void BytePairMerger::encode(std::string_view piece, const std::stop_token &stop, Scratch &scratch,
                            std::vector<TokenId> &tokens) const
{
    if (piece.size() <= shortPiece)
        encodeShort(piece, tokens);
    else
        encodeLong(piece, stop, scratch, tokens);
}

void BytePairMerger::encodeShort(std::string_view piece, std::vector<TokenId> &tokens) const
{
    struct Part {
        TokenId token;
        std::uint32_t rank; ///< of merging it with its right neighbour
        TokenId merged;
    };
    std::array<Part, shortPiece> parts; // NOLINT: only the first `count` are read
    std::size_t count = piece.size();
    const auto rate = [&](std::size_t i) {
        const Slot *slot = i + 1 < count ? find(parts[i].token, parts[i + 1].token) : nullptr;
        parts[i].rank = slot != nullptr ? slot->rank : noRank;
        parts[i].merged = slot != nullptr ? slot->merged : -1;
    };
    for (std::size_t i = 0; i < count; ++i)
        parts[i].token = m_byteTokens[static_cast<unsigned char>(piece[i])];
    for (std::size_t i = 0; i < count; ++i)
        rate(i);
    while (count > 1) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < count; ++i) {
            if (parts[i].rank < parts[best].rank)
                best = i;
        }
        if (parts[best].rank == noRank)
            break;
        parts[best].token = parts[best].merged;
        std::copy(parts.begin() + static_cast<std::ptrdiff_t>(best) + 2,
                  parts.begin() + static_cast<std::ptrdiff_t>(count),
                  parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        --count;
        rate(best);
        if (best > 0)
            rate(best - 1);
    }
    for (std::size_t i = 0; i < count; ++i)
        tokens.push_back(parts[i].token);
}

const BytePairMerger::Slot *BytePairMerger::mergeAt(const std::vector<Scratch::Node> &nodes,
                                                    std::int32_t position) const
{
    const Scratch::Node &node = nodes[static_cast<std::size_t>(position)];
    if (node.token < 0 || node.next < 0)
        return nullptr;
    return find(node.token, nodes[static_cast<std::size_t>(node.next)].token);
}

void BytePairMerger::offer(Scratch &scratch, std::int32_t position) const
{
    const Slot *slot = position < 0 ? nullptr : mergeAt(scratch.nodes, position);
    if (slot == nullptr)
        return;
    scratch.heap.push_back(static_cast<std::uint64_t>(slot->rank) << 32U | static_cast<std::uint32_t>(position));
    std::push_heap(scratch.heap.begin(), scratch.heap.end(), std::greater<>());
}

void BytePairMerger::encodeLong(std::string_view piece, const std::stop_token &stop, Scratch &scratch,
                                std::vector<TokenId> &tokens) const
{
    const auto size = static_cast<std::int32_t>(piece.size());
    auto &nodes = scratch.nodes;
    nodes.clear();
    scratch.heap.clear();
    for (std::int32_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(piece[static_cast<std::size_t>(i)]);
        nodes.push_back({m_byteTokens[byte], i - 1, i + 1 < size ? i + 1 : -1});
    }
    for (std::int32_t i = 0; i < size && !stop.stop_requested(); ++i)
        offer(scratch, i);
    while (!scratch.heap.empty() && !stop.stop_requested()) {
        const std::uint64_t candidate = scratch.heap.front();
        std::pop_heap(scratch.heap.begin(), scratch.heap.end(), std::greater<>());
        scratch.heap.pop_back();
        const auto position = static_cast<std::int32_t>(candidate & 0xFFFFFFFFU);
        const Slot *slot = mergeAt(nodes, position);
        if (slot == nullptr || slot->rank != candidate >> 32U)
            continue; // one of the two was merged with another neighbour meanwhile
        Scratch::Node &node = nodes[static_cast<std::size_t>(position)];
        Scratch::Node &right = nodes[static_cast<std::size_t>(node.next)];
        node.token = slot->merged;
        node.next = right.next;
        right.token = -1;
        if (node.next >= 0)
            nodes[static_cast<std::size_t>(node.next)].previous = position;
        offer(scratch, node.previous);
        offer(scratch, position);
    }
    for (std::int32_t i = 0; i >= 0; i = nodes[static_cast<std::size_t>(i)].next)
        tokens.push_back(nodes[static_cast<std::size_t>(i)].token);
}

} // namespace engine::text::detail
