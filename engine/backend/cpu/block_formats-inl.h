// How weights quantised in blocks become vectors of floats: the SIMD counterpart of engine/memory/block_formats.h,
// whose values it reproduces bit for bit. Compiled once per instruction set, as weight_formats-inl.h.

#if defined(ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H
#undef ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H
#else
#define ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H
#endif

#include "engine/backend/cpu/weight_formats-inl.h"
#include "engine/memory/block_formats.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {

/// A block on its way to floats: small numbers, and the factors each factorCols of them share.
/// Weight = scale · quant − min.
struct OpenBlock {
    HWY_ALIGN std::int8_t unpacked[256];
    HWY_ALIGN float scales[16];
    HWY_ALIGN float mins[8];
    const std::int8_t *quants = unpacked;
};

using ByteTag = hn::CappedTag<std::uint8_t, 32>;
constexpr ByteTag byteTag;
using Bytes = hn::Vec<ByteTag>;
using NibbleTag = hn::CappedTag<std::uint8_t, 16>; ///< 16 lanes, or 1 without vectors
constexpr NibbleTag nibbleTag;
using Nibbles = hn::Vec<NibbleTag>;

template <class Tag>
HWY_INLINE hn::Vec<Tag> broadcastHalf(Tag tag, const std::uint8_t *at)
{
    const hn::Rebind<std::uint16_t, Tag> bitsTag;
    const hn::Rebind<hwy::float16_t, Tag> halfTag;
    std::uint16_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return hn::PromoteTo(tag, hn::BitCast(halfTag, hn::Set(bitsTag, bits)));
}

HWY_INLINE Bytes lowNibbles(Bytes bytes)
{
    return hn::And(bytes, hn::Set(byteTag, std::uint8_t{15}));
}

HWY_INLINE Bytes loadBytes(const std::uint8_t *at)
{
    return hn::LoadU(byteTag, at);
}

HWY_INLINE void storeQuants(Bytes quants, std::int8_t *at)
{
    hn::StoreU(quants, byteTag, reinterpret_cast<std::uint8_t *>(at));
}

/// out[i] = factor · bytes[i] for i < count, a multiple of 8; Byte is signed or not.
template <class Byte>
HWY_INLINE void scaleBytes(const Byte *bytes, const std::uint8_t *factor, std::size_t count, float *out)
{
    const hn::CappedTag<float, 8> tag;
    const hn::RebindToSigned<decltype(tag)> wordTag;
    const hn::Rebind<Byte, decltype(tag)> codeTag;
    const auto factors = broadcastHalf(tag, factor);
    HWY_UNROLL(2)
    for (std::size_t i = 0; i < count; i += hn::Lanes(tag)) {
        const auto words = hn::PromoteTo(wordTag, hn::LoadU(codeTag, bytes + i));
        hn::Store(hn::Mul(hn::ConvertTo(tag, words), factors), tag, out + i);
    }
}

struct Factors {
    Floats scale;
    Floats min;
};

/// A block format has open(), and factors() of the columns `col` … `col` + factorCols − 1.
template <std::size_t cols, std::size_t bytes, std::size_t factor, bool min>
struct BlockFormat {
    static constexpr std::size_t blockCols = cols;
    static constexpr std::size_t blockBytes = bytes;
    static constexpr std::size_t factorCols = factor; ///< that share scale and min
    static constexpr bool hasMin = min;
    static constexpr float unit = 1.0F;

    static HWY_INLINE Factors factors(const OpenBlock &block, std::size_t col)
    {
        return {hn::Set(floatTag, block.scales[col / factorCols]),
                hasMin ? hn::Set(floatTag, block.mins[col / factorCols]) : hn::Zero(floatTag)};
    }
};

template <class Format>
constexpr bool inBlocks = requires
{
    Format::blockCols;
};

/// Converts a short vector and goes through memory, from where the factor spreads over a long one at no cost.
HWY_INLINE void openOneFactor(const std::uint8_t *at, OpenBlock &block)
{
    const hn::CappedTag<float, 4> tag;
    hn::Store(broadcastHalf(tag, at), tag, block.scales);
}

struct FormatQ8_0 : BlockFormat<32, 34, 32, false> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openOneFactor(at, block);
        block.quants = reinterpret_cast<const std::int8_t *>(at + 2);
    }
};

/// The 32 numbers of two to a byte in 16 bytes: first the lower halves, then the upper ones, as value(n, i) makes them
/// of the nibbles n of the columns i … i + 15.
template <class Value>
HWY_INLINE void openNibbles(const std::uint8_t *at, OpenBlock &block, const Value &value)
{
    auto *out = reinterpret_cast<std::uint8_t *>(block.unpacked);
    for (std::size_t i = 0; i < 16; i += hn::Lanes(nibbleTag)) {
        const auto bytes = hn::LoadU(nibbleTag, at + i);
        hn::Store(value(hn::And(bytes, hn::Set(nibbleTag, std::uint8_t{15})), i), nibbleTag, out + i);
        hn::Store(value(hn::ShiftRight<4>(bytes), 16 + i), nibbleTag, out + 16 + i);
    }
}

struct FormatQ4_0 : BlockFormat<32, 18, 32, false> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openOneFactor(at, block);
        const auto eight = hn::Set(nibbleTag, std::uint8_t{8});
        openNibbles(at + 2, block, [&](Nibbles n, std::size_t) { return hn::Sub(n, eight); });
    }
};

/// d·n + m: a minimum of −m.
HWY_INLINE void openFactorAndOffset(const std::uint8_t *at, OpenBlock &block)
{
    const hn::CappedTag<float, 4> tag;
    hn::Store(broadcastHalf(tag, at), tag, block.scales);
    hn::Store(hn::Neg(broadcastHalf(tag, at + 2)), tag, block.mins);
}

struct FormatQ4_1 : BlockFormat<32, 20, 32, true> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openFactorAndOffset(at, block);
        openNibbles(at + 4, block, [](Nibbles n, std::size_t) { return n; });
    }
};

/// 16 for each of the columns `col` … whose bit is set, the lowest first, of the 32 bits at `at`.
HWY_INLINE Nibbles fifthBits(const std::uint8_t *at, std::size_t col)
{
    const auto sixteen = hn::Set(nibbleTag, std::uint8_t{16});
#if HWY_TARGET == HWY_SCALAR
    return (at[col / 8] >> (col % 8) & 1) != 0 ? sixteen : hn::Zero(nibbleTag);
#else // a byte of bits eight times, of which byte j looks at bit j
    const hn::Repartition<std::uint64_t, NibbleTag> wordTag;
    constexpr std::uint64_t ones = 0x0101010101010101U;
    const auto first = hn::Set(wordTag, at[col / 8] * ones);
    const auto second = hn::Set(wordTag, at[col / 8 + 1] * ones);
    const auto bits = hn::BitCast(nibbleTag, hn::Set(wordTag, std::uint64_t{0x8040201008040201U}));
    const auto bytes = hn::BitCast(nibbleTag, hn::InterleaveLower(wordTag, first, second));
    return hn::IfThenElseZero(hn::TestBit(bytes, bits), sixteen);
#endif
}

struct FormatQ5_0 : BlockFormat<32, 22, 32, false> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openOneFactor(at, block);
        const auto sixteen = hn::Set(nibbleTag, std::uint8_t{16});
        openNibbles(at + 6, block,
                    [&](Nibbles n, std::size_t col) { return hn::Sub(hn::Or(n, fifthBits(at + 2, col)), sixteen); });
    }
};

struct FormatQ5_1 : BlockFormat<32, 24, 32, true> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openFactorAndOffset(at, block);
        openNibbles(at + 8, block, [&](Nibbles n, std::size_t col) { return hn::Or(n, fifthBits(at + 4, col)); });
    }
};

struct FormatIQ4_NL : BlockFormat<32, 18, 32, false> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openOneFactor(at, block);
        if constexpr (hn::MaxLanes(nibbleTag) < 16) { // no vectors: no table in one
            for (std::size_t i = 0; i < 32; ++i)
                block.unpacked[i] = memory::iq4Values[i < 16 ? at[2 + i] & 15 : at[2 + i - 16] >> 4];
        } else {
            const auto values = hn::LoadU(nibbleTag, reinterpret_cast<const std::uint8_t *>(memory::iq4Values));
            openNibbles(at + 2, block, [&](Nibbles n, std::size_t) { return hn::TableLookupBytes(values, n); });
        }
    }
};

/// The scales and minima of a block of Q4_K or Q5_K, six bits each; see scaleAndMin() of the scalar decoder.
HWY_INLINE void openSixBitFactors(const std::uint8_t *at, OpenBlock &block)
{
    std::uint32_t words[3];
    std::memcpy(words, at + 4, sizeof words);
    const std::uint32_t scales[2] = {words[0] & 0x3F3F3F3FU, (words[2] & 0x0F0F0F0FU) | (words[0] >> 2 & 0x30303030U)};
    const std::uint32_t mins[2] = {words[1] & 0x3F3F3F3FU,
                                   (words[2] >> 4 & 0x0F0F0F0FU) | (words[1] >> 2 & 0x30303030U)};
    scaleBytes(reinterpret_cast<const std::uint8_t *>(scales), at, 8, block.scales);
    scaleBytes(reinterpret_cast<const std::uint8_t *>(mins), at + 2, 8, block.mins);
}

struct FormatQ4_K : BlockFormat<256, 144, 32, true> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openSixBitFactors(at, block);
        HWY_UNROLL(4)
        for (std::size_t i = 0; i < 128; i += hn::Lanes(byteTag)) {
            const Bytes bytes = loadBytes(at + 16 + i);
            std::int8_t *out = block.unpacked + i + i / 32 * 32;
            storeQuants(lowNibbles(bytes), out);
            storeQuants(hn::ShiftRight<4>(bytes), out + 32);
        }
    }
};

struct FormatQ5_K : BlockFormat<256, 176, 32, true> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        openSixBitFactors(at, block);
        const Bytes sixteen = hn::Set(byteTag, std::uint8_t{16});
        const auto fifthBit = [&](Bytes bits, std::size_t subBlock) {
            const Bytes bit = hn::Set(byteTag, static_cast<std::uint8_t>(1U << subBlock));
            return hn::IfThenElseZero(hn::TestBit(bits, bit), sixteen);
        };
        HWY_UNROLL(4)
        for (std::size_t i = 0; i < 128; i += hn::Lanes(byteTag)) {
            const std::size_t subBlock = i / 32 * 2;
            const Bytes bytes = loadBytes(at + 48 + i);
            const Bytes bits = loadBytes(at + 16 + i % 32);
            std::int8_t *out = block.unpacked + i + i / 32 * 32;
            storeQuants(hn::Or(lowNibbles(bytes), fifthBit(bits, subBlock)), out);
            storeQuants(hn::Or(hn::ShiftRight<4>(bytes), fifthBit(bits, subBlock + 1)), out + 32);
        }
    }
};

struct FormatQ6_K : BlockFormat<256, 210, 16, false> {
    static HWY_INLINE void open(const std::uint8_t *at, OpenBlock &block)
    {
        scaleBytes(reinterpret_cast<const std::int8_t *>(at + 192), at + 208, 16, block.scales);
        HWY_UNROLL(2)
        for (std::size_t i = 0; i < 64; i += hn::Lanes(byteTag)) {
            const std::size_t half = i / 32;
            const std::uint8_t *lower = at + half * 32 + i;
            storeFour(loadBytes(lower), loadBytes(lower + 32), loadBytes(at + 128 + i), block.unpacked + half * 96 + i);
        }
    }

private:
    /// Four bits each in a and b, two bits of four values in `upper`; the values are 32 apart and have a bias of 32.
    static HWY_INLINE void storeFour(Bytes a, Bytes b, Bytes upper, std::int8_t *out)
    {
        const auto pick = [upper](unsigned mask) {
            return hn::And(upper, hn::Set(byteTag, static_cast<std::uint8_t>(mask)));
        };
        const Bytes bias = hn::Set(byteTag, std::uint8_t{32});
        storeQuants(hn::Sub(hn::Or(lowNibbles(a), hn::ShiftLeft<4>(pick(0x03))), bias), out);
        storeQuants(hn::Sub(hn::Or(lowNibbles(b), hn::ShiftLeft<2>(pick(0x0C))), bias), out + 32);
        storeQuants(hn::Sub(hn::Or(hn::ShiftRight<4>(a), pick(0x30)), bias), out + 64);
        storeQuants(hn::Sub(hn::Or(hn::ShiftRight<4>(b), hn::ShiftRight<2>(pick(0xC0))), bias), out + 96);
    }
};

/// lanes() weights from column `col` of the block on.
template <class Format>
HWY_INLINE Floats weightsOf(const OpenBlock &block, std::size_t col, const Factors &factors)
{
    const hn::Rebind<std::int8_t, FloatTag> codeTag;
    const hn::RebindToSigned<FloatTag> wordTag;
    const Floats quants = hn::ConvertTo(floatTag, hn::PromoteTo(wordTag, hn::LoadU(codeTag, block.quants + col)));
    return Format::hasMin ? hn::MulSub(quants, factors.scale, factors.min) : hn::Mul(quants, factors.scale);
}

/// The block of row `row` that starts with column `col`.
template <class Format>
HWY_INLINE const std::uint8_t *blockAt(const Matrix &matrix, int row, std::size_t col)
{
    const std::size_t rowBlocks = static_cast<std::size_t>(matrix.cols) / Format::blockCols;
    const std::size_t index = static_cast<std::size_t>(row) * rowBlocks + col / Format::blockCols;
    return static_cast<const std::uint8_t *>(matrix.data) + index * Format::blockBytes;
}

/// The weights of `count` columns from `col` on, both multiples of blockCols.
template <class Format>
HWY_INLINE void decodeBlocks(const Matrix &matrix, int row, std::size_t col, std::size_t count, float *out)
{
    OpenBlock block;
    const std::uint8_t *at = blockAt<Format>(matrix, row, col);
    for (const float *end = out + count; out != end; out += Format::blockCols, at += Format::blockBytes) {
        Format::open(at, block);
        for (std::size_t c = 0; c < Format::blockCols; c += Format::factorCols) {
            const Factors factors = Format::factors(block, c);
            HWY_UNROLL(2)
            for (std::size_t i = 0; i < Format::factorCols; i += lanes())
                hn::StoreU(weightsOf<Format>(block, c + i, factors), floatTag, out + c + i);
        }
    }
}

/// Calls body with the format of the matrix, which may be one of blocks.
template <class Body>
HWY_INLINE void withAnyFormat(const Matrix &matrix, const Body &body)
{
    switch (matrix.dtype) {
    case memory::DType::Q8_0:
        return body(FormatQ8_0());
    case memory::DType::Q4_0:
        return body(FormatQ4_0());
    case memory::DType::Q4_K:
        return body(FormatQ4_K());
    case memory::DType::Q5_K:
        return body(FormatQ5_K());
    case memory::DType::Q6_K:
        return body(FormatQ6_K());
    case memory::DType::Q4_1:
        return body(FormatQ4_1());
    case memory::DType::Q5_0:
        return body(FormatQ5_0());
    case memory::DType::Q5_1:
        return body(FormatQ5_1());
    case memory::DType::IQ4_NL:
        return body(FormatIQ4_NL());
    default:
        return withFormat(matrix, body);
    }
}

} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
