#pragma once
// What a block has of compute capability 9.0.

#include "hopper.h"

#include "cuda.h"

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <vector>

namespace emulator {

/// A box under way to one block.
struct BoxCopy {
    TensorMap map;
    int row = 0;
    int col = 0;
    unsigned to = 0;
    unsigned barrier = 0;
};

struct NamedBarrier {
    unsigned arrived = 0;
    unsigned round = 0;
};

using Sums = std::array<float, 64>;

struct ProductOperands {
    std::array<std::uint8_t, 2 * 32> a;  ///< the two rows of this thread
    std::array<std::uint8_t, 32 * 32> b; ///< its 32 columns
    bool operator==(const ProductOperands &) const = default;
};

struct WarpgroupProduct {
    float *d = nullptr;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    bool accumulate = false;
    bool first = false; ///< nothing before it with these registers is under way
    Sums initial{};
    ProductOperands operands;
};

/// What one thread knows of its warpgroup's products.
struct ProductQueue {
    std::vector<WarpgroupProduct> uncommitted;
    std::vector<std::vector<WarpgroupProduct>> groups; ///< oldest first
    std::map<float *, Sums> running;
    bool fenced = false;
};

struct HopperBlock final : BlockExtension {
    std::vector<BoxCopy> copies;
    std::array<NamedBarrier, 16> named{};
    NamedBarrier cluster;                      ///< of block 0
    std::map<unsigned, ProductQueue> products; ///< by thread
    std::set<const void *> acquired;           ///< tensor maps in global memory

    ~HopperBlock() override;
};

HopperBlock &hopperBlock(unsigned rank);
inline HopperBlock &hopperBlock()
{
    return hopperBlock(rankInCluster());
}

/// `bytes` of shared memory of a block; a fault and null if it has not so much.
std::byte *sharedBytesAt(unsigned rank, unsigned address, std::size_t bytes);

/// The bytes of a copy have come.
void completeBytes(unsigned rank, unsigned barrier, unsigned bytes);
/// Lets the copies arrive that count at this barrier.
void completeCopies(unsigned rank, unsigned barrier);

/// The address with the bits exchanged that a swizzle of 32, 64 or 128 bytes exchanges; `width` 0: none.
inline unsigned swizzled(unsigned address, unsigned width)
{
    const unsigned bits = width == 0 ? 0 : width / 16 - 1;
    return address ^ (address >> 7 & bits) << 4;
}

} // namespace emulator
