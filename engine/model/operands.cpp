#include "engine/model/operands.h"

#include "engine/error.h"

#include <string>

namespace engine::model {

void requireRunnableBlocks(const QuantizationConfig &quantization)
{
    const auto [rows, cols] = quantization.weight_block_size;
    if (rows >= 1 && cols >= 32 && cols <= 128 && cols % 32 == 0)
        return;
    throw Error(ErrorCode::UnsupportedFeature, {}, "quantization_config.weight_block_size",
                "FP8 blocks of " + std::to_string(rows) + " x " + std::to_string(cols) +
                    " (weight_block_size) are not supported; the columns must be a multiple of 32, at most 128.");
}

backend::InputRounding inputRoundingOf(const Linear &linear, const QuantizationConfig &quantization)
{
    if (quantization.activations == engine::Activations::Exact || linear.weight.dtype != memory::DType::F8_E4M3)
        return backend::InputRounding::None;
    return quantization.scale_fmt == QuantizationConfig::ScaleFormat::Ue8m0 ? backend::InputRounding::E4m3PowerOfTwo
                                                                            : backend::InputRounding::E4m3;
}

backend::Matrix matrixOf(const Linear &linear, const QuantizationConfig &quantization)
{
    backend::Matrix matrix = matrixOf(linear.weight);
    matrix.inputs = inputRoundingOf(linear, quantization);
    matrix.scale = linear.scale.data;
    matrix.blockRows = quantization.weight_block_size[0];
    matrix.blockCols = quantization.weight_block_size[1];
    if (!linear.bias.empty())
        matrix.bias = vectorOf(linear.bias);
    return matrix;
}

backend::Matrix matrixOf(const memory::Tensor &unquantized)
{
    backend::Matrix matrix;
    matrix.data = unquantized.data;
    matrix.dtype = unquantized.dtype;
    matrix.rows = static_cast<int>(unquantized.rows());
    matrix.cols = static_cast<int>(unquantized.cols());
    return matrix;
}

backend::Vector vectorOf(const memory::Tensor &norm)
{
    return {norm.data, norm.dtype, static_cast<int>(norm.elements())};
}

backend::CachePages cachePagesOf(const Chunk &chunk, int layer)
{
    const memory::KvCache &cache = *chunk.cache;
    backend::CachePages view;
    view.pages = cache.pages();
    view.layerOffset = cache.layerOffset(layer);
    view.pageTokens = memory::KvCache::pageTokens;
    view.dtype = cache.shape().elementType();
    view.width = cache.shape().width;
    view.start = chunk.replayedStart == nullptr ? cache.length() : chunk.largestStart;
    view.replayedStart = chunk.replayedStart;
    return view;
}

backend::Mlp mlpOf(const MlpWeights &mlp, const QuantizationConfig &quantization)
{
    backend::Mlp result{matrixOf(mlp.gate_proj, quantization), matrixOf(mlp.up_proj, quantization),
                        matrixOf(mlp.down_proj, quantization)};
    const auto rounds = [](const backend::Matrix &matrix) { return matrix.inputs != backend::InputRounding::None; };
    if (!rounds(result.gate) || !rounds(result.up) || !rounds(result.down)) // all or none
        result.gate.inputs = result.up.inputs = result.down.inputs = backend::InputRounding::None;
    return result;
}

} // namespace engine::model
