#include "engine/model/activation_choice.h"

#include "engine/error.h"

namespace engine::model {

namespace {

[[noreturn]] void refuse(const ModelFiles &files, const std::string &why)
{
    throw Error(ErrorCode::UnsupportedFeature, files.path(), "activations",
                files.path() + ": FP8 activations were asked for, but " + why +
                    " Open this model with exact activations.");
}

} // namespace

ModelConfig configFor(const ModelFiles &files, engine::Activations activations)
{
    ModelConfig config = files.config();
    config.quantization.activations = activations;
    if (activations == engine::Activations::Exact)
        return config;
    if (config.quantization.quant_method != QuantizationConfig::Method::Fp8)
        refuse(files, "they go with weights in FP8 (quantization_config in config.json), and its weights are " +
                          files.quantization() + ".");
    if (config.quantization.weight_block_size[1] != 128)
        refuse(files, "its weights have a scale for " + std::to_string(config.quantization.weight_block_size[1]) +
                          " columns (weight_block_size), not 128.");
    return config;
}

} // namespace engine::model
