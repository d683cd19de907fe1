#pragma once
// Weights as the backend's ops take them.

#include "engine/backend/backend.h"
#include "engine/model/activations.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Throws Error UnsupportedFeature for a quantization block the kernels do not run: columns must be a multiple of 32
/// up to 128.
void requireRunnableBlocks(const QuantizationConfig &quantization);

/// Of products with this weight: FP8 activations are for FP8 weights only.
backend::InputRounding inputRoundingOf(const Linear &linear, const QuantizationConfig &quantization);
backend::Matrix matrixOf(const Linear &linear, const QuantizationConfig &quantization);
backend::Matrix matrixOf(const memory::Tensor &unquantized);
backend::Vector vectorOf(const memory::Tensor &norm);
/// One layer of the chunk's cache; the chunk's tokens come after those it holds now.
backend::CachePages cachePagesOf(const Chunk &chunk, int layer);
backend::Mlp mlpOf(const MlpWeights &mlp, const QuantizationConfig &quantization);

} // namespace engine::model
