// How weights quantised in blocks become vectors of floats: the SIMD counterpart of engine/memory/block_formats.h,
// whose values it reproduces bit for bit. Compiled once per instruction set, as weight_formats-inl.h.

#if defined(ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H
#undef ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H
#else
#define ENGINE_BACKEND_CPU_BLOCK_FORMATS_INL_H
#endif

#include "engine/backend/cpu/weight_formats-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {

/// The columns of a block that are unpacked at a time: small numbers, and the factors each factorCols of them share.
/// Weight = scale · quant − min.
struct Span {
    HWY_ALIGN std::int8_t unpacked[128];
    HWY_ALIGN float scales[8];
    HWY_ALIGN float mins[4];
    const std::int8_t *quants = unpacked;
};

using ByteTag = hn::CappedTag<std::uint8_t, 32>;
constexpr ByteTag byteTag;
using Bytes = hn::Vec<ByteTag>;

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

/// out[i] = factor · bytes[i] for i < count; Byte is signed or not.
template <class Byte>
HWY_INLINE void scaleBytes(const Byte *bytes, const std::uint8_t *factor, std::size_t count, float *out)
{
    const hn::CappedTag<float, 4> tag;
    const hn::RebindToSigned<decltype(tag)> wordTag;
    const hn::Rebind<Byte, decltype(tag)> codeTag;
    const auto factors = broadcastHalf(tag, factor);
    for (std::size_t i = 0; i < count; i += hn::Lanes(tag)) {
        const auto words = hn::PromoteTo(wordTag, hn::LoadU(codeTag, bytes + i));
        hn::Store(hn::Mul(hn::ConvertTo(tag, words), factors), tag, out + i);
    }
}

/// A block format has open() for the span that starts at column `col` of a block. Sizes are in columns but blockBytes.
template <std::size_t block, std::size_t bytes, std::size_t span, std::size_t factor, bool min>
struct BlockFormat {
    static constexpr std::size_t blockCols = block;
    static constexpr std::size_t blockBytes = bytes;
    static constexpr std::size_t spanCols = span;     ///< divides blockCols and panelCols
    static constexpr std::size_t factorCols = factor; ///< that share scale and min
    static constexpr bool hasMin = min;
    static constexpr float unit = 1.0F;
};

template <class Format>
constexpr bool inBlocks = requires
{
    Format::blockCols;
};

struct FormatQ8_0 : BlockFormat<32, 34, 32, 32, false> {
    static HWY_INLINE void open(const std::uint8_t *block, std::size_t, Span &span)
    {
        span.quants = reinterpret_cast<const std::int8_t *>(block + 2);
        span.scales[0] = hn::GetLane(broadcastHalf(floatTag, block));
    }
};

struct FormatQ4_0 : BlockFormat<32, 18, 32, 32, false> {
    static HWY_INLINE void open(const std::uint8_t *block, std::size_t, Span &span)
    {
        const hn::CappedTag<std::uint8_t, 16> tag;
        const auto eight = hn::Set(tag, std::uint8_t{8});
        auto *out = reinterpret_cast<std::uint8_t *>(span.unpacked);
        for (std::size_t i = 0; i < 16; i += hn::Lanes(tag)) {
            const auto bytes = hn::LoadU(tag, block + 2 + i);
            hn::Store(hn::Sub(hn::And(bytes, hn::Set(tag, std::uint8_t{15})), eight), tag, out + i);
            hn::Store(hn::Sub(hn::ShiftRight<4>(bytes), eight), tag, out + 16 + i);
        }
        span.scales[0] = hn::GetLane(broadcastHalf(floatTag, block));
    }
};

/// The four scales and minima of half a block of Q4_K or Q5_K, six bits each; see scaleAndMin() of the scalar decoder.
HWY_INLINE void openSixBitFactors(const std::uint8_t *block, std::size_t col, Span &span)
{
    std::uint32_t words[3];
    std::memcpy(words, block + 4, sizeof words);
    std::uint32_t codes[2] = {words[0] & 0x3F3F3F3FU, words[1] & 0x3F3F3F3FU};
    if (col != 0) {
        codes[0] = (words[2] & 0x0F0F0F0FU) | (words[0] >> 2 & 0x30303030U);
        codes[1] = (words[2] >> 4 & 0x0F0F0F0FU) | (words[1] >> 2 & 0x30303030U);
    }
    scaleBytes(reinterpret_cast<const std::uint8_t *>(codes), block, 4, span.scales);
    scaleBytes(reinterpret_cast<const std::uint8_t *>(codes + 1), block + 2, 4, span.mins);
}

struct FormatQ4_K : BlockFormat<256, 144, 128, 32, true> {
    static HWY_INLINE void open(const std::uint8_t *block, std::size_t col, Span &span)
    {
        openSixBitFactors(block, col, span);
        const std::uint8_t *nibbles = block + 16 + col / 2;
        for (std::size_t i = 0; i < 64; i += hn::Lanes(byteTag)) {
            const Bytes bytes = loadBytes(nibbles + i);
            std::int8_t *out = span.unpacked + i + i / 32 * 32;
            storeQuants(lowNibbles(bytes), out);
            storeQuants(hn::ShiftRight<4>(bytes), out + 32);
        }
    }
};

struct FormatQ5_K : BlockFormat<256, 176, 128, 32, true> {
    static HWY_INLINE void open(const std::uint8_t *block, std::size_t col, Span &span)
    {
        openSixBitFactors(block, col, span);
        const Bytes sixteen = hn::Set(byteTag, std::uint8_t{16});
        const auto fifthBit = [&](Bytes bits, std::size_t subBlock) {
            const Bytes bit = hn::Set(byteTag, static_cast<std::uint8_t>(1U << subBlock));
            return hn::IfThenElseZero(hn::TestBit(bits, bit), sixteen);
        };
        for (std::size_t i = 0; i < 64; i += hn::Lanes(byteTag)) {
            const std::size_t subBlock = (col + 2 * i) / 64 * 2;
            const Bytes bytes = loadBytes(block + 48 + col / 2 + i);
            const Bytes bits = loadBytes(block + 16 + i % 32);
            std::int8_t *out = span.unpacked + i + i / 32 * 32;
            storeQuants(hn::Or(lowNibbles(bytes), fifthBit(bits, subBlock)), out);
            storeQuants(hn::Or(hn::ShiftRight<4>(bytes), fifthBit(bits, subBlock + 1)), out + 32);
        }
    }
};

struct FormatQ6_K : BlockFormat<256, 210, 128, 16, false> {
    static HWY_INLINE void open(const std::uint8_t *block, std::size_t col, Span &span)
    {
        const auto *scales = reinterpret_cast<const std::int8_t *>(block + 192 + col / 16);
        scaleBytes(scales, block + 208, 8, span.scales);
        const Bytes bias = hn::Set(byteTag, std::uint8_t{32});
        const auto pick = [](Bytes upper, unsigned mask) {
            return hn::And(upper, hn::Set(byteTag, static_cast<std::uint8_t>(mask)));
        };
        for (std::size_t i = 0; i < 32; i += hn::Lanes(byteTag)) {
            const Bytes a = loadBytes(block + col / 2 + i);
            const Bytes b = loadBytes(block + col / 2 + 32 + i);
            const Bytes upper = loadBytes(block + 128 + col / 4 + i); // two bits of four values each
            std::int8_t *out = span.unpacked + i;
            storeQuants(hn::Sub(hn::Or(lowNibbles(a), hn::ShiftLeft<4>(pick(upper, 0x03))), bias), out);
            storeQuants(hn::Sub(hn::Or(lowNibbles(b), hn::ShiftLeft<2>(pick(upper, 0x0C))), bias), out + 32);
            storeQuants(hn::Sub(hn::Or(hn::ShiftRight<4>(a), pick(upper, 0x30)), bias), out + 64);
            storeQuants(hn::Sub(hn::Or(hn::ShiftRight<4>(b), hn::ShiftRight<2>(pick(upper, 0xC0))), bias), out + 96);
        }
    }
};

/// The factors of factorCols columns, as vectors.
struct Factors {
    Floats scale;
    Floats min;
};

template <class Format>
HWY_INLINE Factors factorsOf(const Span &span, std::size_t col)
{
    const std::size_t index = col / Format::factorCols;
    return {hn::Set(floatTag, span.scales[index]),
            Format::hasMin ? hn::Set(floatTag, span.mins[index]) : hn::Zero(floatTag)};
}

/// lanes() weights from column `col` of the span on.
template <class Format>
HWY_INLINE Floats weightsOf(const Span &span, std::size_t col, const Factors &factors)
{
    const hn::Rebind<std::int8_t, FloatTag> codeTag;
    const hn::RebindToSigned<FloatTag> wordTag;
    const Floats quants = hn::ConvertTo(floatTag, hn::PromoteTo(wordTag, hn::LoadU(codeTag, span.quants + col)));
    return Format::hasMin ? hn::MulSub(quants, factors.scale, factors.min) : hn::Mul(quants, factors.scale);
}

/// The block of row `row` that holds column `col`.
template <class Format>
HWY_INLINE const std::uint8_t *blockAt(const Matrix &matrix, int row, std::size_t col)
{
    const std::size_t rowBlocks = static_cast<std::size_t>(matrix.cols) / Format::blockCols;
    const std::size_t index = static_cast<std::size_t>(row) * rowBlocks + col / Format::blockCols;
    return static_cast<const std::uint8_t *>(matrix.data) + index * Format::blockBytes;
}

/// The weights of `count` columns from `col` on, both multiples of spanCols.
template <class Format>
HWY_INLINE void decodeSpans(const Matrix &matrix, int row, std::size_t col, std::size_t count, float *out)
{
    Span span;
    for (std::size_t first = 0; first < count; first += Format::spanCols) {
        const std::size_t at = col + first;
        Format::open(blockAt<Format>(matrix, row, at), at % Format::blockCols, span);
        for (std::size_t c = 0; c < Format::spanCols; c += Format::factorCols) {
            const Factors factors = factorsOf<Format>(span, c);
            for (std::size_t i = c; i < c + Format::factorCols; i += lanes())
                hn::StoreU(weightsOf<Format>(span, i, factors), floatTag, out + first + i);
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
    default:
        return withFormat(matrix, body);
    }
}

} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
