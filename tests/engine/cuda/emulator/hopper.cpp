#include "hopper_state.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulator {

std::string firstFault;

namespace {

/// Where dynamic shared memory begins: not on 1024, as nobody promises that.
constexpr unsigned windowStart = 0x480;
constexpr long long patience = 200'000; ///< turns; a thread that waits longer waits for ever

/// The 64 bits of an mbarrier: 20 for the arrivals it expects, 20 for those it still waits for, 22 for the bytes that
/// were announced and are not there yet, 1 for the parity of the phase that runs.
struct PhaseBarrier {
    unsigned expected = 0;
    unsigned pending = 0;
    int bytes = 0;
    unsigned parity = 0;

    explicit PhaseBarrier(unsigned arrivals) : expected(arrivals), pending(arrivals) {}
    explicit PhaseBarrier(std::uint64_t bits)
        : expected(static_cast<unsigned>(bits & 0xFFFFFU)), pending(static_cast<unsigned>(bits >> 20 & 0xFFFFFU)),
          bytes(static_cast<int>(static_cast<unsigned>(bits >> 40 & 0x3FFFFFU)) - byteBias),
          parity(static_cast<unsigned>(bits >> 62 & 1U))
    {
    }
    std::uint64_t bits() const
    {
        return expected | static_cast<std::uint64_t>(pending) << 20 |
               static_cast<std::uint64_t>(static_cast<unsigned>(bytes + byteBias) & 0x3FFFFFU) << 40 |
               static_cast<std::uint64_t>(parity) << 62;
    }

    static constexpr int byteBias = 1 << 21; ///< bytes may come before they are announced
};
constexpr std::uint64_t notMade = ~std::uint64_t{0};

/// Reads the barrier, lets `change` act on it, ends its phase if nothing is missing any more.
template <typename Change>
void changeBarrier(unsigned rank, unsigned address, const Change &change)
{
    if (threadsOf(rank) == 0)
        return fault("a block was reached that has ended");
    std::byte *at = sharedBytesAt(rank, address, sizeof(std::uint64_t));
    std::uint64_t bits = 0;
    if (at != nullptr)
        std::memcpy(&bits, at, sizeof bits);
    if (at == nullptr || address % 8 != 0 || bits == notMade)
        return fault("no mbarrier at this address");
    PhaseBarrier barrier(bits);
    change(barrier);
    if (barrier.pending == 0 && barrier.bytes == 0) {
        barrier.pending = barrier.expected;
        barrier.parity ^= 1U;
    }
    bits = barrier.bits();
    std::memcpy(at, &bits, sizeof bits);
}

void countArrival(PhaseBarrier &barrier, unsigned bytes)
{
    if (barrier.pending == 0)
        fault("more arrivals at an mbarrier than it expects");
    barrier.bytes += static_cast<int>(bytes);
    --barrier.pending;
}

/// The phase that runs.
unsigned parityOf(unsigned rank, unsigned address)
{
    unsigned parity = 0;
    changeBarrier(rank, address, [&](const PhaseBarrier &barrier) { parity = barrier.parity; });
    return parity;
}

template <typename Condition>
void spinUntil(const Condition &condition)
{
    for (long long turns = 0; !condition(); ++turns) {
        if (turns == patience) {
            std::fprintf(stderr, "A thread waits for ever. Faults before: %s\n", firstFault.c_str());
            std::abort();
        }
        yield();
    }
}

/// The number of the round that ends with this arrival or a later one.
unsigned arriveNamed(NamedBarrier &barrier, unsigned threads)
{
    const unsigned round = barrier.round;
    if (++barrier.arrived == threads) {
        barrier.arrived = 0;
        ++barrier.round;
    }
    return round;
}

NamedBarrier &namedBarrier(int number, int threads)
{
    if (number < 1 || number > 15 || threads % 32 != 0)
        fault("named barriers are 1 to 15, for whole warps");
    return hopperBlock().named.at(static_cast<std::size_t>(number));
}

unsigned threadsOfCluster()
{
    unsigned threads = 0;
    for (unsigned rank = 0; rank < blocksInCluster(); ++rank)
        threads += threadsOf(rank);
    return threads;
}

} // namespace

void fault(const char *what)
{
    if (firstFault.empty())
        firstFault = what;
}

HopperBlock::~HopperBlock()
{
    if (!copies.empty())
        fault("a block ended before its copies did");
    if (std::any_of(named.begin(), named.end(), [](const NamedBarrier &barrier) { return barrier.arrived > 0; }))
        fault("a block ended with threads missing at a named barrier");
    for (const auto &[thread, queue] : products) {
        if (!queue.uncommitted.empty() || !queue.groups.empty())
            fault("a block ended before its products did");
    }
}

HopperBlock &hopperBlock(unsigned rank)
{
    auto &extension = extensionOf(rank);
    if (extension == nullptr)
        extension = std::make_unique<HopperBlock>();
    return static_cast<HopperBlock &>(*extension);
}

std::byte *sharedBytesAt(unsigned rank, unsigned address, std::size_t bytes)
{
    if (address >= windowStart && address - windowStart + bytes <= sharedBytesOf(rank))
        return dynamicSharedOf(rank) + (address - windowStart);
    fault("an address outside of shared memory");
    return nullptr;
}

unsigned sharedAddress(const void *at)
{
    return windowStart + static_cast<unsigned>(static_cast<const std::byte *>(at) - dynamicShared());
}

void initBarrier(unsigned barrier, unsigned arrivals)
{
    const std::uint64_t made = PhaseBarrier(arrivals).bits();
    std::byte *at = sharedBytesAt(rankInCluster(), barrier, sizeof made);
    if (at == nullptr || barrier % 8 != 0 || arrivals == 0)
        return fault("an mbarrier lies on 8 bytes and expects arrivals");
    std::memcpy(at, &made, sizeof made);
}

void arriveExpecting(unsigned barrier, unsigned bytes)
{
    changeBarrier(rankInCluster(), barrier, [&](PhaseBarrier &state) { countArrival(state, bytes); });
}

void arrive(unsigned barrier)
{
    arriveAt(barrier, rankInCluster());
}

void arriveAt(unsigned barrier, unsigned rank)
{
    if (rank >= blocksInCluster())
        return fault("no such block in the cluster");
    changeBarrier(rank, barrier, [](PhaseBarrier &state) { countArrival(state, 0); });
}

void completeBytes(unsigned rank, unsigned barrier, unsigned bytes)
{
    changeBarrier(rank, barrier, [&](PhaseBarrier &state) { state.bytes -= static_cast<int>(bytes); });
}

void waitForPhase(unsigned barrier, unsigned parity)
{
    const unsigned rank = rankInCluster();
    spinUntil([&] {
        completeCopies(rank, barrier);
        return parityOf(rank, barrier) != parity;
    });
}

void waitAtNamed(int barrier, int threads)
{
    NamedBarrier &named = namedBarrier(barrier, threads);
    const unsigned round = arriveNamed(named, static_cast<unsigned>(threads));
    spinUntil([&] { return named.round != round; });
}

void tellNamed(int barrier, int threads)
{
    arriveNamed(namedBarrier(barrier, threads), static_cast<unsigned>(threads));
}

void syncCluster()
{
    NamedBarrier &barrier = hopperBlock(0).cluster;
    const unsigned round = barrier.round;
    ++barrier.arrived;
    spinUntil([&] {
        if (barrier.round == round && barrier.arrived >= threadsOfCluster())
            arriveNamed(barrier, barrier.arrived + 1);
        return barrier.round != round;
    });
}

} // namespace emulator
