#include "emulator.h"

#include "context.h"

#include "engine/memory/dtype.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

emulator::Dim3 threadIdx;
emulator::Dim3 blockIdx;
emulator::Dim3 blockDim;
emulator::Dim3 gridDim;

namespace emulator {

Order order = Order::Ascending;

namespace {

constexpr unsigned lanes = 32;
constexpr std::size_t slotBytes = 64;
constexpr std::size_t sharedAlignment = 128;

struct Warp {
    unsigned alive = 0;
    unsigned arrived = 0;
    unsigned round = 0;
    std::byte slots[2][lanes * slotBytes];
};

struct AsyncCopy {
    void *to;
    const void *from;
    bool present;
};

struct Block;

/// A thread of one of the blocks that run now.
struct Fiber {
    Context context;
    Block *block = nullptr;
    std::vector<AsyncCopy> uncommitted;
    std::vector<std::vector<AsyncCopy>> groups; ///< oldest first
    Dim3 index;
    unsigned warp = 0;
    bool ended = false;
};

struct Block {
    std::vector<std::byte> shared;
    std::vector<Warp> warps;
    unsigned alive = 0;
    unsigned arrived = 0;
    unsigned round = 0;
    Dim3 index;
    unsigned rank = 0;
    std::unique_ptr<BlockExtension> extension;
};

std::vector<Block> cluster; ///< the blocks that run now
Fiber *current = nullptr;
const std::function<void()> *kernelBody = nullptr;
Context scheduler;
std::vector<std::unique_ptr<Fiber>> fibers; // kept: stacks are expensive

void leave()
{
    scheduler.resume(current->context);
}

/// A thread that ends releases those that wait for the rest.
void leaveBarriers(Fiber &fiber)
{
    Block &block = *fiber.block;
    Warp &warp = block.warps[fiber.warp];
    --warp.alive;
    if (warp.alive > 0 && warp.arrived == warp.alive) {
        warp.arrived = 0;
        ++warp.round;
    }
    --block.alive;
    if (block.alive > 0 && block.arrived == block.alive) {
        block.arrived = 0;
        ++block.round;
    }
}

void enter()
{
    (*kernelBody)();
    current->ended = true;
    leaveBarriers(*current);
    leave();
}

void prepare(Fiber &fiber, Block &block, unsigned number)
{
    fiber.block = &block;
    fiber.index = {number % blockDim.x, number / blockDim.x % blockDim.y, number / (blockDim.x * blockDim.y)};
    fiber.warp = number / lanes;
    fiber.ended = false;
    fiber.uncommitted.clear();
    fiber.groups.clear();
    fiber.context.start(enter);
}

void prepare(Block &block, unsigned threads)
{
    block.warps.assign((threads + lanes - 1) / lanes, {});
    block.alive = threads;
    block.arrived = 0;
    const unsigned first = block.rank * threads;
    while (fibers.size() < first + threads)
        fibers.push_back(std::make_unique<Fiber>());
    for (unsigned i = 0; i < threads; ++i) {
        prepare(*fibers[first + i], block, i);
        ++block.warps[i / lanes].alive;
    }
}

void resume(Fiber &fiber)
{
    current = &fiber;
    threadIdx = fiber.index;
    blockIdx = fiber.block->index;
    fiber.context.resume(scheduler);
}

/// Blocks of a cluster go on at several speeds, as they may.
bool hasTurn(const Block &block, unsigned round)
{
    constexpr unsigned slower = 40;
    const auto last = static_cast<unsigned>(cluster.size()) - 1;
    const unsigned place = order == Order::Ascending ? block.rank : last - block.rank;
    return (round + 1) % (1 + place * slower) == 0;
}

void runCluster(unsigned threads)
{
    for (Block &block : cluster)
        prepare(block, threads);
    const auto all = threads * static_cast<unsigned>(cluster.size());
    const auto isAlive = [](const Block &block) { return block.alive > 0; };
    for (unsigned round = 0; std::any_of(cluster.begin(), cluster.end(), isAlive); ++round) {
        for (unsigned turn = 0; turn < all; ++turn) {
            Fiber &fiber = *fibers[order == Order::Ascending ? turn : all - 1 - turn];
            if (!fiber.ended && hasTurn(*fiber.block, round))
                resume(fiber);
        }
    }
    for (Block &block : cluster)
        block.extension.reset();
}

/// `number` makes a float of 16 bits.
template <typename Number>
void mma16816(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const Number &number)
{
    struct Registers {
        unsigned a[4];
        unsigned b[2];
    } mine{};
    std::memcpy(mine.a, a, sizeof a);
    std::memcpy(mine.b, b, sizeof b);
    const std::byte *all = exchange(&mine, sizeof mine);
    const auto of = [&](unsigned lane) { return reinterpret_cast<const Registers *>(all + lane * slotBytes); };
    const auto half = [&](unsigned word, unsigned which) {
        return number(static_cast<std::uint16_t>(which == 0 ? word & 0xFFFFU : word >> 16));
    };
    const unsigned lane = current->index.x % lanes;
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned row = lane / 4 + i / 2 * 8;
        const unsigned col = lane % 4 * 2 + i % 2;
        for (unsigned k = 0; k < 16; ++k) {
            const unsigned place = k % 8 / 2;
            const float left = half(of(row % 8 * 4 + place)->a[row / 8 + k / 8 * 2], k % 2);
            const float right = half(of(col * 4 + place)->b[k / 8], k % 2);
            d[i] += left * right;
        }
    }
}

template <typename Barrier>
void wait(Barrier &barrier)
{
    if (++barrier.arrived == barrier.alive) {
        barrier.arrived = 0;
        ++barrier.round;
        return;
    }
    for (const unsigned round = barrier.round; barrier.round == round;)
        leave();
}

} // namespace

void run(Dim3 grid, Dim3 blockShape, std::size_t sharedBytes, const std::function<void()> &body, unsigned clusterSize)
{
    const unsigned threads = blockShape.x * blockShape.y * blockShape.z;
    if (threads == 0 || threads > 1024)
        throw std::logic_error("a block has 1 to 1024 threads");
    if (clusterSize == 0 || grid.x % clusterSize != 0)
        throw std::logic_error("a grid has whole clusters");
    gridDim = grid;
    blockDim = blockShape;
    kernelBody = &body;
    cluster.resize(clusterSize);
    for (unsigned z = 0; z < grid.z; ++z) {
        for (unsigned y = 0; y < grid.y; ++y) {
            for (unsigned x = 0; x < grid.x; x += clusterSize) {
                for (unsigned rank = 0; rank < clusterSize; ++rank) {
                    Block &block = cluster[rank];
                    block.index = {x + rank, y, z};
                    block.rank = rank;
                    block.shared.assign(sharedBytes + sharedAlignment, std::byte{0xFF}); // NaN in every type
                }
                runCluster(threads);
            }
        }
    }
}

void yield()
{
    leave();
}

unsigned blocksInCluster()
{
    return static_cast<unsigned>(cluster.size());
}

unsigned threadsOf(unsigned rank)
{
    return cluster.at(rank).alive;
}

unsigned rankInCluster()
{
    return current->block->rank;
}

std::size_t sharedBytesOf(unsigned rank)
{
    return cluster.at(rank).shared.size() - sharedAlignment;
}

std::unique_ptr<BlockExtension> &extensionOf(unsigned rank)
{
    return cluster.at(rank).extension;
}

std::byte *dynamicShared()
{
    return dynamicSharedOf(current->block->rank);
}

std::byte *dynamicSharedOf(unsigned rank)
{
    Block &block = cluster.at(rank);
    const auto start = reinterpret_cast<std::uintptr_t>(block.shared.data());
    return block.shared.data() + (sharedAlignment - start % sharedAlignment) % sharedAlignment;
}

void syncBlock()
{
    wait(*current->block);
}

void syncWarp()
{
    wait(current->block->warps[current->warp]);
}

const std::byte *exchange(const void *mine, std::size_t bytes)
{
    Warp &warp = current->block->warps[current->warp];
    std::byte *slots = warp.slots[warp.round % 2];
    const Dim3 &index = current->index;
    const unsigned lane = (index.x + blockDim.x * (index.y + blockDim.y * index.z)) % lanes;
    std::memcpy(slots + lane * slotBytes, mine, bytes);
    wait(warp);
    return slots;
}

void mmaBf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    mma16816(d, a, b, engine::memory::bf16ToFloat);
}

void mmaF16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    mma16816(d, a, b, engine::memory::f16ToFloat);
}

void loadMatrices(unsigned (&to)[4], const std::byte *row, bool transposed)
{
    if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0)
        std::abort();
    const std::byte *all = emulator::exchange(row, 16);
    const unsigned lane = current->index.x % lanes;
    const auto element = [&](unsigned matrix, unsigned r, unsigned c) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, all + (matrix * 8 + r) * slotBytes + c * sizeof bits, sizeof bits);
        return static_cast<unsigned>(bits);
    };
    const unsigned major = lane / 4;
    const unsigned minor = lane % 4 * 2;
    for (unsigned i = 0; i < 4; ++i)
        to[i] = transposed ? element(i, minor, major) | element(i, minor + 1, major) << 16
                           : element(i, major, minor) | element(i, major, minor + 1) << 16;
}

void asyncCopy16(void *to, const void *from, bool present)
{
    if ((reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from)) % 16 != 0)
        std::abort();
    current->uncommitted.push_back({to, from, present});
}

void asyncCommit()
{
    current->groups.push_back(std::move(current->uncommitted));
    current->uncommitted.clear();
}

void asyncWait(std::size_t pending)
{
    auto &groups = current->groups;
    while (groups.size() > pending) {
        for (const AsyncCopy &copy : groups.front()) {
            if (copy.present)
                std::memcpy(copy.to, copy.from, 16);
            else
                std::memset(copy.to, 0, 16);
        }
        groups.erase(groups.begin());
    }
}

} // namespace emulator
