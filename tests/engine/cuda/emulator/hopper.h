#pragma once
// What compute capability 9.0 adds and kernels use: mbarriers, copies of boxes, products of warpgroups, named barriers,
// clusters. Shared memory has addresses of 32 bits, as on a GPU; what an operand's descriptor says is all that is known
// of it.
//
// What is asynchronous is done as late as the ISA allows, or as early: copies arrive at once in ascending thread order,
// and no sooner than their barrier is waited for in descending order. Products have their registers spoilt until they
// are waited for; their operands must be there when they start and unchanged until they have ended. What a GPU would
// leave undefined is a fault: the first one is kept for the test to look at.

#include "emulator.h"

#include <cstdint>
#include <string>

struct CUtensorMap;

namespace emulator {

/// Empty: nothing was wrong.
extern std::string firstFault;
void fault(const char *what);

unsigned sharedAddress(const void *at);

// PTX ISA 9.7.13.15. Addresses are those of the block that calls.
void initBarrier(unsigned barrier, unsigned arrivals);
void arriveExpecting(unsigned barrier, unsigned bytes);
void arrive(unsigned barrier);
void arriveAt(unsigned barrier, unsigned rank);
void waitForPhase(unsigned barrier, unsigned parity);

// Named barriers (9.7.13.1) and those of a cluster (9.7.13.4).
void waitAtNamed(int barrier, int threads);
void tellNamed(int barrier, int threads);
void syncCluster();

// cp.async.bulk.tensor (9.7.9.27)
void acquireTensorMap(const CUtensorMap *map);
void copyBox(const CUtensorMap *map, int row, int col, unsigned to, unsigned barrier);
void copyBoxToAll(const CUtensorMap *map, int row, int col, unsigned to, unsigned barrier, std::uint16_t blocks);

// wgmma.mma_async m64n128k32 in E4M3 (9.7.15)
void fenceProducts();
void multiplyE4m3(float (&d)[64], std::uint64_t a, std::uint64_t b, bool accumulate);
void commitProducts();
void waitForProducts(std::size_t pending);

} // namespace emulator
