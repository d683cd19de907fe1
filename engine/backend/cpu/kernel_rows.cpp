// Loops over single rows of activations: norms, activation function, softmax, decoding.

#include "engine/backend/cpu/simd_targets.h"

#include "engine/backend/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/kernel_rows.cpp"
#include "hwy/foreach_target.h"

#include "engine/backend/cpu/block_formats-inl.h"
#include "engine/backend/cpu/weight_formats-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace engine::backend::cpu::HWY_NAMESPACE {
namespace {

/// out[i] = body(x[i]) vector by vector.
template <class Body>
HWY_INLINE void mapRow(const float *x, float *out, std::size_t count, const Body &body)
{
    const std::size_t n = lanes();
    std::size_t i = 0;
    for (; i + n <= count; i += n)
        hn::StoreU(body(loadFloats(x + i), i, n), floatTag, out + i);
    if (i < count)
        storeFloatsTail(body(loadFloatsTail(x + i, count - i), i, count - i), out + i, count - i);
}

template <class Format>
HWY_INLINE Floats loadSome(const std::uint8_t *at, std::size_t count)
{
    return count >= lanes() ? Format::load(at) : loadTail<Format>(at, count);
}

template <class Format>
HWY_INLINE void decodePlainRow(const Matrix &matrix, int row, float *out)
{
    const std::size_t n = lanes();
    const auto cols = static_cast<std::size_t>(matrix.cols);
    for (std::size_t c = 0; c < cols; c += n) {
        const std::size_t count = std::min(n, cols - c);
        Floats w = loadSome<Format>(weightAt<Format>(matrix, row, c), count);
        if (Format::unit != 1.0F)
            w = hn::Mul(w, hn::Set(floatTag, factorAt<Format>(matrix, row, c)));
        if (count == n)
            hn::StoreU(w, floatTag, out + c);
        else
            storeFloatsTail(w, out + c, count);
    }
}

void decodeRowHere(const Matrix &matrix, int row, float *out)
{
    withAnyFormat(matrix, [&](auto format) {
        using Format = decltype(format);
        if constexpr (inBlocks<Format>)
            decodeBlocks<Format>(matrix, row, 0, static_cast<std::size_t>(matrix.cols), out);
        else
            decodePlainRow<Format>(matrix, row, out);
    });
}

float sumOfSquares(const float *x, std::size_t count)
{
    const std::size_t n = lanes();
    Floats first = hn::Zero(floatTag);
    Floats second = first;
    std::size_t i = 0;
    for (; i + 2 * n <= count; i += 2 * n) {
        const Floats x0 = loadFloats(x + i);
        const Floats x1 = loadFloats(x + i + n);
        first = hn::MulAdd(x0, x0, first);
        second = hn::MulAdd(x1, x1, second);
    }
    for (; i < count; i += n) {
        const Floats x0 = i + n <= count ? loadFloats(x + i) : loadFloatsTail(x + i, count - i);
        first = hn::MulAdd(x0, x0, first);
    }
    return sumOf(hn::Add(first, second));
}

void rmsNormRowHere(const float *x, const Vector &weight, float eps, float *out)
{
    const auto count = static_cast<std::size_t>(weight.size);
    const float mean = sumOfSquares(x, count) / static_cast<float>(count);
    const Floats factor = hn::Set(floatTag, 1.0F / std::sqrt(mean + eps));
    const Matrix row{weight.data, weight.dtype, 1, weight.size};
    withFormat(row, [&](auto format) {
        using Format = decltype(format);
        mapRow(x, out, count, [&](Floats value, std::size_t i, std::size_t valid) {
            return hn::Mul(hn::Mul(value, factor), loadSome<Format>(weightAt<Format>(row, 0, i), valid));
        });
    });
}

void swigluHere(float *gate, const float *up, std::size_t count)
{
    const Floats one = hn::Set(floatTag, 1.0F);
    const Floats largest = hn::Set(floatTag, 88.0F); // e^88 is finite, and SiLU(−88) is zero to a float's eyes
    mapRow(gate, gate, count, [&](Floats z, std::size_t i, std::size_t valid) {
        const Floats other = valid == lanes() ? loadFloats(up + i) : loadFloatsTail(up + i, valid);
        const Floats denominator = hn::Add(one, hn::Exp(floatTag, hn::Min(hn::Neg(z), largest)));
        return hn::Mul(hn::Div(z, denominator), other);
    });
}

void addScaledHere(float *out, const float *x, float factor, std::size_t count)
{
    const Floats factors = hn::Set(floatTag, factor);
    mapRow(out, out, count, [&](Floats value, std::size_t i, std::size_t valid) {
        const Floats other = valid == lanes() ? loadFloats(x + i) : loadFloatsTail(x + i, valid);
        return hn::MulAdd(factors, other, value);
    });
}

void scaleRowHere(float *x, float factor, std::size_t count)
{
    const Floats factors = hn::Set(floatTag, factor);
    mapRow(x, x, count, [&](Floats value, std::size_t, std::size_t) { return hn::Mul(value, factors); });
}

float maxOfHere(const float *x, std::size_t count)
{
    const std::size_t n = lanes();
    Floats largest = hn::Set(floatTag, -std::numeric_limits<float>::infinity());
    std::size_t i = 0;
    for (; i + n <= count; i += n)
        largest = hn::Max(largest, loadFloats(x + i));
    float result = hn::GetLane(hn::MaxOfLanes(floatTag, largest));
    for (; i < count; ++i)
        result = std::max(result, x[i]);
    return result;
}

float expRowHere(float *x, float scale, float shift, std::size_t count)
{
    const Floats scales = hn::Set(floatTag, scale);
    const Floats shifts = hn::Set(floatTag, -shift);
    Floats sum = hn::Zero(floatTag);
    mapRow(x, x, count, [&](Floats value, std::size_t, std::size_t valid) {
        const Floats power = hn::Exp(floatTag, hn::MulAdd(value, scales, shifts));
        sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(floatTag, valid), power));
        return power;
    });
    return sumOf(sum);
}

} // namespace
} // namespace engine::backend::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace engine::backend::cpu {

HWY_EXPORT(decodeRowHere);
HWY_EXPORT(rmsNormRowHere);
HWY_EXPORT(swigluHere);
HWY_EXPORT(addScaledHere);
HWY_EXPORT(scaleRowHere);
HWY_EXPORT(maxOfHere);
HWY_EXPORT(expRowHere);

void decodeRow(const Matrix &matrix, int row, float *out)
{
    HWY_DYNAMIC_DISPATCH(decodeRowHere)(matrix, row, out);
}

void rmsNormRow(const float *x, const Vector &weight, float eps, float *out)
{
    HWY_DYNAMIC_DISPATCH(rmsNormRowHere)(x, weight, eps, out);
}

void swiglu(float *gate, const float *up, std::size_t count)
{
    HWY_DYNAMIC_DISPATCH(swigluHere)(gate, up, count);
}

void addScaled(float *out, const float *x, float factor, std::size_t count)
{
    HWY_DYNAMIC_DISPATCH(addScaledHere)(out, x, factor, count);
}

void scaleRow(float *x, float factor, std::size_t count)
{
    HWY_DYNAMIC_DISPATCH(scaleRowHere)(x, factor, count);
}

float maxOf(const float *x, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(maxOfHere)(x, count);
}

float expRow(float *x, float scale, float shift, std::size_t count)
{
    return HWY_DYNAMIC_DISPATCH(expRowHere)(x, scale, shift, count);
}

void rotatePairs(float *x, int width, const float *cos, const float *sin)
{
    for (int i = 0; i < width / 2; ++i) {
        const float a = x[2 * i];
        const float b = x[2 * i + 1];
        x[2 * i] = a * cos[i] - b * sin[i];
        x[2 * i + 1] = a * sin[i] + b * cos[i];
    }
}

void rotateHalves(float *x, int width, const float *cos, const float *sin)
{
    float *const other = x + width / 2;
    for (int i = 0; i < width / 2; ++i) {
        const float a = x[i];
        const float b = other[i];
        x[i] = a * cos[i] - b * sin[i];
        other[i] = a * sin[i] + b * cos[i];
    }
}

} // namespace engine::backend::cpu
#endif
