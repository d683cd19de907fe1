#pragma once
// The block types of GGUF on the device: the counterpart of engine/memory/block_formats.h, whose values it reproduces
// bit for bit (every product is exact in F32, so it does not matter whether the compiler fuses it with the sum or
// difference).
//
// A block format has the elements and bytes of a block, get() for one weight at any address, and decode() for `step`
// neighbouring ones from a column that is a multiple of step, of a row that is aligned to `alignment`.

#include "engine/backend/cuda/detail/weights.cuh"
#include "engine/memory/block_formats.h"

namespace engine::backend::cuda {

__device__ inline float halfOf(unsigned bits)
{
    return __half2float(__ushort_as_half(static_cast<std::uint16_t>(bits)));
}
__device__ inline float halfAt(const std::uint8_t *at)
{
    return halfOf(at[0] | static_cast<unsigned>(at[1]) << 8);
}
__device__ inline unsigned nibble(unsigned byte, bool upper)
{
    return upper ? byte >> 4 : byte & 15U;
}
__device__ inline unsigned byteOf(unsigned word, int index)
{
    return word >> (8 * index) & 255U;
}
__device__ inline float signedOf(unsigned byte)
{
    return static_cast<float>(static_cast<int>(byte ^ 128U) - 128);
}

/// Eight bytes at an even address.
__device__ inline void loadEight(const std::uint8_t *at, unsigned (&words)[2])
{
    const auto *halves = reinterpret_cast<const std::uint16_t *>(at);
    words[0] = __ldg(halves) | static_cast<unsigned>(__ldg(halves + 1)) << 16;
    words[1] = __ldg(halves + 2) | static_cast<unsigned>(__ldg(halves + 3)) << 16;
}
/// The same at a multiple of four.
__device__ inline void loadWords(const std::uint8_t *at, unsigned (&words)[2])
{
    const auto *from = reinterpret_cast<const unsigned *>(at);
    words[0] = __ldg(from);
    words[1] = __ldg(from + 1);
}

template <int elements, int size, int aligned>
struct BlockLayout {
    static constexpr int blockCols = elements;
    static constexpr int bytes = size; ///< of a block
    static constexpr int step = 8;
    static constexpr int alignment = aligned;

    __device__ static const std::uint8_t *blockAt(const std::uint8_t *row, int col)
    {
        return row + static_cast<std::size_t>(col / blockCols) * bytes;
    }
};

struct FormatQ8_0 : BlockLayout<32, 34, 2> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        return halfAt(block) * signedOf(block[2 + col % blockCols]);
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const float d = halfOf(__ldg(reinterpret_cast<const std::uint16_t *>(block)));
        unsigned words[2];
        loadEight(block + 2 + col % blockCols, words);
#pragma unroll
        for (int i = 0; i < step; ++i)
            out[i] = d * signedOf(byteOf(words[i / 4], i % 4));
    }
};

struct FormatQ4_0 : BlockLayout<32, 18, 2> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        return halfAt(block) * static_cast<float>(static_cast<int>(nibble(block[2 + index % 16], index >= 16)) - 8);
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const float d = halfOf(__ldg(reinterpret_cast<const std::uint16_t *>(block)));
        unsigned words[2];
        loadEight(block + 2 + index % 16, words);
#pragma unroll
        for (int i = 0; i < step; ++i)
            out[i] = d * static_cast<float>(static_cast<int>(nibble(byteOf(words[i / 4], i % 4), index >= 16)) - 8);
    }
};

struct FormatQ4_1 : BlockLayout<32, 20, 4> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        return halfAt(block) * static_cast<float>(nibble(block[4 + index % 16], index >= 16)) + halfAt(block + 2);
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const unsigned halves = __ldg(reinterpret_cast<const unsigned *>(block));
        const float d = halfOf(halves & 0xFFFFU);
        const float m = halfOf(halves >> 16);
        unsigned words[2];
        loadWords(block + 4 + index % 16, words);
#pragma unroll
        for (int i = 0; i < step; ++i)
            out[i] = d * static_cast<float>(nibble(byteOf(words[i / 4], i % 4), index >= 16)) + m;
    }
};

/// Of Q5_0 and Q5_1: the fifth bits of all 32 numbers are one word.
__device__ inline unsigned withFifth(unsigned four, unsigned fifths, int index)
{
    return four | (fifths >> index & 1U) << 4;
}

struct FormatQ5_0 : BlockLayout<32, 22, 2> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const unsigned fifth = static_cast<unsigned>(block[2 + index / 8]) >> index % 8 & 1U;
        const unsigned n = nibble(block[6 + index % 16], index >= 16) | fifth << 4;
        return halfAt(block) * static_cast<float>(static_cast<int>(n) - 16);
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const auto *halves = reinterpret_cast<const std::uint16_t *>(block);
        const float d = halfOf(__ldg(halves));
        const unsigned fifths = __ldg(halves + 1) | static_cast<unsigned>(__ldg(halves + 2)) << 16;
        unsigned words[2];
        loadEight(block + 6 + index % 16, words);
#pragma unroll
        for (int i = 0; i < step; ++i) {
            const unsigned n = withFifth(nibble(byteOf(words[i / 4], i % 4), index >= 16), fifths, index + i);
            out[i] = d * static_cast<float>(static_cast<int>(n) - 16);
        }
    }
};

struct FormatQ5_1 : BlockLayout<32, 24, 4> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const unsigned fifth = static_cast<unsigned>(block[4 + index / 8]) >> index % 8 & 1U;
        const unsigned n = nibble(block[8 + index % 16], index >= 16) | fifth << 4;
        return halfAt(block) * static_cast<float>(n) + halfAt(block + 2);
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        unsigned head[2]; // d and m, the fifth bits
        loadWords(block, head);
        const float d = halfOf(head[0] & 0xFFFFU);
        const float m = halfOf(head[0] >> 16);
        unsigned words[2];
        loadWords(block + 8 + index % 16, words);
#pragma unroll
        for (int i = 0; i < step; ++i)
            out[i] = d * static_cast<float>(
                             withFifth(nibble(byteOf(words[i / 4], i % 4), index >= 16), head[1], index + i)) +
                     m;
    }
};

/// Eight of the values of IQ4_NL, the first in the lowest byte.
constexpr unsigned long long packedIq4Values(int first)
{
    unsigned long long packed = 0;
    for (int i = 7; i >= 0; --i)
        packed = packed << 8 | static_cast<std::uint8_t>(memory::iq4Values[first + i]);
    return packed;
}
constexpr unsigned long long iq4LowerValues = packedIq4Values(0);
constexpr unsigned long long iq4UpperValues = packedIq4Values(8);

struct FormatIQ4_NL : BlockLayout<32, 18, 2> {
    __device__ static float valueOf(unsigned n)
    {
        return signedOf(static_cast<unsigned>((n < 8 ? iq4LowerValues : iq4UpperValues) >> (8 * (n % 8))) & 255U);
    }
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        return halfAt(block) * valueOf(nibble(block[2 + index % 16], index >= 16));
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const float d = halfOf(__ldg(reinterpret_cast<const std::uint16_t *>(block)));
        unsigned words[2];
        loadEight(block + 2 + index % 16, words);
#pragma unroll
        for (int i = 0; i < step; ++i)
            out[i] = d * valueOf(nibble(byteOf(words[i / 4], i % 4), index >= 16));
    }
};

struct SubBlockFactors {
    float scale;
    float min;
};

/// Of Q4_K and Q5_K: the first four sub-blocks have the lower 6 bits of a byte each, the others 4 bits of a byte and
/// the upper 2 bits of a byte of the first four.
__device__ inline SubBlockFactors subBlockFactors(const std::uint8_t *block, int sub)
{
    const std::uint8_t *bytes = block + 4;
    unsigned scale = bytes[sub % 4] & 63U;
    unsigned min = bytes[sub % 4 + 4] & 63U;
    if (sub >= 4) {
        scale = (bytes[sub + 4] & 15U) | static_cast<unsigned>(bytes[sub - 4] >> 6 << 4);
        min = static_cast<unsigned>(bytes[sub + 4] >> 4) | static_cast<unsigned>(bytes[sub] >> 6 << 4);
    }
    return {halfAt(block) * static_cast<float>(scale), halfAt(block + 2) * static_cast<float>(min)};
}

/// The same in four loads, of a block at a multiple of four.
__device__ inline SubBlockFactors loadSubBlockFactors(const std::uint8_t *block, int sub)
{
    unsigned head[2]; // d and dmin; lower scales
    unsigned tail[2]; // lower minima; upper scales and minima
    loadWords(block, head);
    loadWords(block + 8, tail);
    const unsigned first = byteOf(head[1], sub % 4);
    const unsigned second = byteOf(tail[0], sub % 4);
    const unsigned third = byteOf(tail[1], sub % 4);
    const unsigned scale = sub < 4 ? first & 63U : (third & 15U) | first >> 6 << 4;
    const unsigned min = sub < 4 ? second & 63U : third >> 4 | second >> 6 << 4;
    return {halfOf(head[0] & 0xFFFFU) * static_cast<float>(scale), halfOf(head[0] >> 16) * static_cast<float>(min)};
}

struct FormatQ4_K : BlockLayout<256, 144, 4> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int sub = col % blockCols / 32;
        const SubBlockFactors factors = subBlockFactors(block, sub);
        const unsigned n = nibble(block[16 + sub / 2 * 32 + col % 32], sub % 2 == 1);
        return factors.scale * static_cast<float>(n) - factors.min;
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int sub = col % blockCols / 32;
        const SubBlockFactors factors = loadSubBlockFactors(block, sub);
        unsigned words[2];
        loadWords(block + 16 + sub / 2 * 32 + col % 32, words);
#pragma unroll
        for (int i = 0; i < step; ++i) {
            const unsigned n = nibble(byteOf(words[i / 4], i % 4), sub % 2 == 1);
            out[i] = factors.scale * static_cast<float>(n) - factors.min;
        }
    }
};

struct FormatQ5_K : BlockLayout<256, 176, 4> {
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int sub = col % blockCols / 32;
        const SubBlockFactors factors = subBlockFactors(block, sub);
        const unsigned fifth = static_cast<unsigned>(block[16 + col % 32] >> sub & 1);
        const unsigned n = nibble(block[48 + sub / 2 * 32 + col % 32], sub % 2 == 1) | fifth << 4;
        return factors.scale * static_cast<float>(n) - factors.min;
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int sub = col % blockCols / 32;
        const SubBlockFactors factors = loadSubBlockFactors(block, sub);
        unsigned words[2];
        unsigned fifths[2];
        loadWords(block + 48 + sub / 2 * 32 + col % 32, words);
        loadWords(block + 16 + col % 32, fifths);
#pragma unroll
        for (int i = 0; i < step; ++i) {
            const unsigned fifth = byteOf(fifths[i / 4], i % 4) >> sub & 1U;
            const unsigned n = nibble(byteOf(words[i / 4], i % 4), sub % 2 == 1) | fifth << 4;
            out[i] = factors.scale * static_cast<float>(n) - factors.min;
        }
    }
};

struct FormatQ6_K : BlockLayout<256, 210, 2> {
    __device__ static float valueOf(float scale, unsigned lower, unsigned upper, int quarter)
    {
        const unsigned n = nibble(lower, quarter >= 2) | (upper >> (2 * quarter) & 3U) << 4;
        return scale * static_cast<float>(static_cast<int>(n) - 32);
    }
    __device__ static float get(const std::uint8_t *row, int col)
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const int half = index / 128;
        const int quarter = index % 128 / 32;
        const float scale = halfAt(block + 208) * signedOf(block[192 + index / 16]);
        return valueOf(scale, block[half * 64 + quarter % 2 * 32 + col % 32], block[128 + half * 32 + col % 32],
                       quarter);
    }
    __device__ static void decode(const std::uint8_t *row, int col, float (&out)[step])
    {
        const std::uint8_t *block = blockAt(row, col);
        const int index = col % blockCols;
        const int half = index / 128;
        const int quarter = index % 128 / 32;
        const float d = halfOf(__ldg(reinterpret_cast<const std::uint16_t *>(block + 208)));
        const float scale = d * signedOf(block[192 + index / 16]);
        unsigned lower[2];
        unsigned upper[2];
        loadEight(block + half * 64 + quarter % 2 * 32 + col % 32, lower);
        loadEight(block + 128 + half * 32 + col % 32, upper);
#pragma unroll
        for (int i = 0; i < step; ++i)
            out[i] = valueOf(scale, byteOf(lower[i / 4], i % 4), byteOf(upper[i / 4], i % 4), quarter);
    }
};

template <class Format>
constexpr bool inBlocks = requires
{
    Format::blockCols;
};

/// Bytes of a row of `cols` weights.
template <class Format>
__device__ inline std::size_t rowBytesOf(int cols)
{
    if constexpr (inBlocks<Format>)
        return static_cast<std::size_t>(cols / Format::blockCols) * Format::bytes;
    else
        return static_cast<std::size_t>(cols) * Format::bytes;
}

/// One weight of a row, without the scale of FP8.
template <class Format>
__device__ inline float weightAt(const std::uint8_t *row, int col)
{
    if constexpr (inBlocks<Format>)
        return Format::get(row, col);
    else
        return Format::get(row + static_cast<std::size_t>(col) * Format::bytes);
}

/// `step` of them from a column that is a multiple of it; see hasWideRows().
template <class Format>
__device__ inline void weightsAt(const std::uint8_t *row, int col, float (&out)[Format::step])
{
    if constexpr (inBlocks<Format>)
        Format::decode(row, col, out);
    else
        Format::decode(__ldg(reinterpret_cast<const uint4 *>(row + static_cast<std::size_t>(col) * Format::bytes)),
                       out);
}

/// As withFormat(), with the block types.
template <typename Body>
bool withAnyFormat(memory::DType dtype, const Body &body)
{
    switch (dtype) {
    case memory::DType::Q8_0:
        body(FormatQ8_0{});
        return true;
    case memory::DType::Q4_0:
        body(FormatQ4_0{});
        return true;
    case memory::DType::Q4_1:
        body(FormatQ4_1{});
        return true;
    case memory::DType::Q5_0:
        body(FormatQ5_0{});
        return true;
    case memory::DType::Q5_1:
        body(FormatQ5_1{});
        return true;
    case memory::DType::IQ4_NL:
        body(FormatIQ4_NL{});
        return true;
    case memory::DType::Q4_K:
        body(FormatQ4_K{});
        return true;
    case memory::DType::Q5_K:
        body(FormatQ5_K{});
        return true;
    case memory::DType::Q6_K:
        body(FormatQ6_K{});
        return true;
    default:
        return withFormat(dtype, body);
    }
}

} // namespace engine::backend::cuda
