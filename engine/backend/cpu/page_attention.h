#pragma once
// Queries against the keys and values of one page at a time; the softmax goes along (2205.14135).

#include "engine/backend/backend.h"

namespace engine::backend::cpu {

/// Queries of one key-value head and what they have gathered so far.
struct PageQueries {
    const float *q = nullptr; ///< row i at q + i · qStride
    std::size_t qStride = 0;
    float *out = nullptr; ///< row i at out + i · outStride, [value width]
    std::size_t outStride = 0;
    int count = 0;
    /// Row i sees positions 0 … lastPosition + i · step: step 1 for the tokens of a chunk, 0 for heads of one token.
    int lastPosition = 0;
    int step = 1;
    float softmaxScale = 0.0F;
    float *scores = nullptr; ///< scratch [count, pageTokens]
    float *max = nullptr;    ///< [count]
    float *weight = nullptr; ///< [count]
};

void beginPages(const PageQueries &queries, int valueWidth);
/// `keys` [rows, key width] and `values` [rows, value width] of the first `rows` positions of page `page`.
void attendToPage(const PageQueries &queries, const Matrix &keys, const Matrix &values, int page, int rows);
/// Divides by the sum of the weights.
void endPages(const PageQueries &queries, int valueWidth);

} // namespace engine::backend::cpu
