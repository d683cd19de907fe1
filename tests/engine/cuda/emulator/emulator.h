#pragma once
// A GPU of one thread: runs kernels written in CUDA C++ on the host, block after block, every thread of a block as a
// fiber, so that barriers, warp shuffles and shared memory behave as the programming model says. It checks index
// arithmetic, layouts and barriers; speed, memory order and the real tensor cores it cannot check.
//
// cuda_runtime.h and the other headers in this folder take the place of the toolkit's; the .cu files themselves are
// compiled unchanged.

#include <cstddef>
#include <functional>
#include <memory>

namespace emulator {

struct Dim3 {
    unsigned x = 1;
    unsigned y = 1;
    unsigned z = 1;
    constexpr Dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};

/// The order in which the threads of a block get their turn. A kernel that relies on one lacks a barrier.
enum class Order { Ascending, Descending };
extern Order order;

/// Runs `body` once for every thread of the grid. The dynamic shared memory of each block holds nonsense at first.
/// `clusterSize` blocks that are neighbours along x run at the same time.
void run(Dim3 grid, Dim3 block, std::size_t sharedBytes, const std::function<void()> &body, unsigned clusterSize = 1);

/// Dynamic shared memory of the block, as large as the launch says, on 128 bytes.
std::byte *dynamicShared();

// For what newer devices have, see hopper.h.

/// Lets the other threads go on.
void yield();
unsigned blocksInCluster();
unsigned threadsOf(unsigned rank); ///< that have not ended
unsigned rankInCluster();
std::byte *dynamicSharedOf(unsigned rank); ///< of a block of the cluster that runs now
std::size_t sharedBytesOf(unsigned rank);
/// What else belongs to a block; empty when a block starts, destroyed when all blocks of the cluster have ended.
struct BlockExtension {
    virtual ~BlockExtension() = default;
};
std::unique_ptr<BlockExtension> &extensionOf(unsigned rank);

/// Waits for every thread of the block that has not ended.
void syncBlock();
/// Waits for every thread of the warp that has not ended.
void syncWarp();

/// Gives `bytes` (at most 64) of every lane to the others: returns where those of lane 0 lie, lane i's i · 64 bytes
/// further on. Valid until this lane calls it again twice.
const std::byte *exchange(const void *mine, std::size_t bytes);

/// What mma.sync.m16n8k16 in BF16 or F16 does with the registers of a warp.
void mmaBf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]);
void mmaF16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]);

/// ldmatrix.x4 (PTX ISA 9.7.14.5.15): every lane reads the 16 bytes at `row`.
void loadMatrices(unsigned (&to)[4], const std::byte *row, bool transposed);

// cp.async (PTX ISA 9.7.9.25): the bytes arrive when the thread waits for their group, not before, so that a missing
// wait shows. Of a copy without `present` nothing is read, zeros arrive.
void asyncCopy16(void *to, const void *from, bool present);
void asyncCommit();
void asyncWait(std::size_t pending);

} // namespace emulator

// Of the thread that runs now.
extern emulator::Dim3 threadIdx;
extern emulator::Dim3 blockIdx;
extern emulator::Dim3 blockDim;
extern emulator::Dim3 gridDim;
