#include "hopper_state.h"

#include "cuda_runtime.h"
#include "engine/memory/dtype.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace emulator {

namespace {

constexpr unsigned depth = 32;
constexpr unsigned unit = 16;                ///< bytes that stay together however they are swizzled
constexpr std::uint32_t spoilt = 0x7FBADBAD; ///< a NaN nobody computes

/// 9.7.15.5.1.2.2: start, leading and stride offset in 16 bytes, base offset, swizzle.
struct Descriptor {
    unsigned start;
    unsigned leading;
    unsigned stride;
    unsigned swizzle; ///< bytes

    explicit Descriptor(std::uint64_t bits)
    {
        const auto field = [&](unsigned first) { return static_cast<unsigned>(bits >> first & 0x3FFFU) * 16; };
        constexpr unsigned widths[] = {0, 128, 64, 32};
        start = field(0);
        leading = field(16);
        stride = field(32);
        swizzle = widths[bits >> 62];
        if ((bits >> 49 & 7U) != 0)
            fault("a descriptor with a base offset, which is not emulated");
        if (swizzle > 0 && (start >> 7 & (swizzle / 16 - 1)) != 0)
            fault("a swizzled operand that does not start where its pattern does");
    }

    /// Of an operand whose rows lie along K: 16 bytes of a row, in rows of 8 by 16 bytes, or by the swizzle's width.
    unsigned addressOf(unsigned row, unsigned k) const
    {
        const unsigned group = start + row / 8 * stride;
        if (swizzle == 0)
            return group + k / unit * leading + row % 8 * unit;
        return swizzled(group + row % 8 * swizzle + k, swizzle);
    }
};

void readRow(const Descriptor &from, unsigned row, std::uint8_t *to)
{
    for (unsigned k = 0; k < depth; k += unit) {
        if (const std::byte *at = sharedBytesAt(rankInCluster(), from.addressOf(row, k), unit))
            std::memcpy(to + k, at, unit);
    }
}

unsigned lane()
{
    return threadIdx.x % 32;
}

/// What this thread's part of D is made of.
ProductOperands operandsOf(std::uint64_t a, std::uint64_t b)
{
    ProductOperands operands{};
    const unsigned row = threadIdx.x % 128 / 32 * 16 + lane() / 4;
    readRow(Descriptor(a), row, operands.a.data());
    readRow(Descriptor(a), row + 8, operands.a.data() + depth);
    for (unsigned i = 0; i < 32; ++i)
        readRow(Descriptor(b), i / 2 * 8 + lane() % 4 * 2 + i % 2, operands.b.data() + i * depth);
    return operands;
}

ProductQueue &queueOfThread()
{
    return hopperBlock().products[threadIdx.x];
}

bool isUnderWay(const ProductQueue &queue, const float *d)
{
    const auto uses = [&](const WarpgroupProduct &product) { return product.d == d; };
    return std::any_of(queue.uncommitted.begin(), queue.uncommitted.end(), uses) ||
           std::any_of(queue.groups.begin(), queue.groups.end(),
                       [&](const auto &group) { return std::any_of(group.begin(), group.end(), uses); });
}

void addProducts(const ProductOperands &operands, Sums &sums)
{
    static const auto floats = [] {
        std::array<float, 256> table{};
        for (unsigned code = 0; code < 256; ++code)
            table[code] = engine::memory::e4m3ToFloat(static_cast<std::uint8_t>(code));
        return table;
    }();
    float a[2][depth];
    for (unsigned i = 0; i < 2 * depth; ++i)
        a[i / depth][i % depth] = floats[operands.a[i]];
    for (unsigned col = 0; col < 32; ++col) {
        for (unsigned k = 0; k < depth; ++k) {
            const float b = floats[operands.b[col * depth + k]];
            sums[col / 2 * 4 + col % 2] += a[0][k] * b;
            sums[col / 2 * 4 + col % 2 + 2] += a[1][k] * b;
        }
    }
}

void finish(const WarpgroupProduct &product, ProductQueue &queue)
{
    if (product.operands != operandsOf(product.a, product.b))
        fault("an operand changed while its product ran");
    Sums &sums = queue.running[product.d];
    if (!product.accumulate)
        sums = {};
    else if (product.first)
        sums = product.initial;
    addProducts(product.operands, sums);
}

/// Gives the registers back whose products have all ended.
void settle(ProductQueue &queue)
{
    for (auto at = queue.running.begin(); at != queue.running.end();) {
        if (isUnderWay(queue, at->first)) {
            ++at;
            continue;
        }
        const auto isSpoilt = [](float value) { return std::bit_cast<std::uint32_t>(value) == spoilt; };
        if (!std::all_of(at->first, at->first + 64, isSpoilt))
            fault("registers were written while a product used them");
        std::copy(at->second.begin(), at->second.end(), at->first);
        at = queue.running.erase(at);
    }
}

void checkWarpAgrees(std::uint64_t a, std::uint64_t b, bool accumulate)
{
    const std::uint64_t mine[] = {a, b, accumulate ? 1U : 0U};
    if (std::memcmp(exchange(mine, sizeof mine), mine, sizeof mine) != 0)
        fault("the lanes of a warp ask for several products");
}

} // namespace

void fenceProducts()
{
    queueOfThread().fenced = true;
}

void multiplyE4m3(float (&d)[64], std::uint64_t a, std::uint64_t b, bool accumulate)
{
    checkWarpAgrees(a, b, accumulate);
    ProductQueue &queue = queueOfThread();
    if (!queue.fenced)
        fault("a product without a fence before it");
    WarpgroupProduct product{&d[0], a, b, accumulate, !isUnderWay(queue, d), {}, operandsOf(a, b)};
    if (product.first) {
        std::copy(std::begin(d), std::end(d), product.initial.begin());
        std::fill(std::begin(d), std::end(d), std::bit_cast<float>(spoilt));
    }
    queue.uncommitted.push_back(product);
}

void commitProducts()
{
    ProductQueue &queue = queueOfThread();
    queue.groups.push_back(std::move(queue.uncommitted));
    queue.uncommitted.clear();
}

void waitForProducts(std::size_t pending)
{
    ProductQueue &queue = queueOfThread();
    while (queue.groups.size() > pending) {
        const auto group = std::move(queue.groups.front());
        queue.groups.erase(queue.groups.begin());
        for (const WarpgroupProduct &product : group)
            finish(product, queue);
    }
    settle(queue);
    queue.fenced = false;
}

} // namespace emulator
