#pragma once
// The inner loops of the CPU ops, compiled for every instruction set and chosen at run time (Google Highway). They
// work on plain memory and in the calling thread; an op splits its work over the pool and calls these.

#include "engine/backend/backend.h"

#include <cstddef>
#include <cstdint>

namespace engine::backend::cpu {

/// out[t · outStride + r − rowBegin] (+)= Σ_c weight[r][c] · x[t][c] for rows rowBegin ≤ r < rowEnd.
/// The order of the sum depends on neither `tokens` nor the row range: one token gives bit for bit what many give.
struct DotCall {
    Matrix weight;
    int rowBegin = 0;
    int rowEnd = 0;
    const float *x = nullptr; ///< [·, weight.cols]
    std::size_t xStride = 0;
    const std::int32_t *gather = nullptr; ///< token t is row gather[t] of x; null: row t
    int tokens = 0;
    float *out = nullptr;
    std::size_t outStride = 0;
    bool accumulate = false;
};
void dot(const DotCall &call);

/// out[t][c] += Σ_r coefficient[t][r] · weight[rowBegin + r][c] for c < cols, rows in ascending order.
struct MixCall {
    Matrix weight;
    int rowBegin = 0;
    int rows = 0;
    int cols = 0; ///< at most weight.cols
    const float *coefficients = nullptr;
    std::size_t coefficientStride = 0;
    int tokens = 0;
    float *out = nullptr;
    std::size_t outStride = 0;
};
void mix(const MixCall &call);

/// Row `row` of the matrix as floats, scale applied.
void decodeRow(const Matrix &matrix, int row, float *out);

/// out = weight · x / sqrt(mean(x²) + eps)
void rmsNormRow(const float *x, const Vector &weight, float eps, float *out);

/// gate ← SiLU(gate) ⊙ up
void swiglu(float *gate, const float *up, std::size_t count);

/// out += factor · x
void addScaled(float *out, const float *x, float factor, std::size_t count);

/// x ← factor · x
void scaleRow(float *x, float factor, std::size_t count);

float maxOf(const float *x, std::size_t count);

/// x ← exp(x · scale − shift); returns the sum.
float expRow(float *x, float scale, float shift, std::size_t count);

/// Rotates pairs (2i, 2i + 1) of x[width] by the angles whose cosines and sines are given, [width / 2].
void rotatePairs(float *x, int width, const float *cos, const float *sin);
/// The same with pairs (i, i + width / 2).
void rotateHalves(float *x, int width, const float *cos, const float *sin);

/// Name of the instruction set in use, e.g. "AVX3".
const char *instructionSet();

} // namespace engine::backend::cpu
