// The forward pass as the transformer makes it, through a backend that only counts.

#include "engine/error.h"
#include "engine/measurement/no_backend.h"
#include "engine/measurement/op_meter.h"
#include "engine/model/detail/tensor_list.h"
#include "engine/model/model_files.h"
#include "engine/model/transformer.h"

#include <filesystem>
#include <map>

namespace engine {

namespace {

using memory::DType;
using memory::Tensor;

/// Tensors of the shapes a config asks for, with nothing in them.
class ShapeSource final : public model::TensorSource {
public:
    ShapeSource(const model::ModelConfig &config, SyntheticStorage storage) : m_config(config), m_storage(storage)
    {
        for (const model::TensorSpec &spec : model::listTensors(config))
            m_quantized[spec.name] = spec.mayBeQuantized;
    }
    bool contains(const std::string &name) const override { return m_quantized.contains(name); }
    Tensor plain(const std::string &name, std::initializer_list<std::uint64_t> dims) override
    {
        const bool bias = name.ends_with("e_score_correction_bias");
        return view(bias || m_storage == SyntheticStorage::F32 ? DType::F32 : DType::BF16, dims);
    }
    model::Linear linear(const std::string &name, std::uint64_t rows, std::uint64_t cols) override
    {
        model::Linear result;
        if (m_storage != SyntheticStorage::FP8 || !m_quantized[name]) {
            result.weight = plain(name, {rows, cols});
            return result;
        }
        const auto [blockRows, blockCols] = m_config.quantization.weight_block_size;
        const auto blocks = [](std::uint64_t count, int size) {
            return (count + static_cast<std::uint64_t>(size) - 1) / static_cast<std::uint64_t>(size);
        };
        result.weight = view(DType::F8_E4M3, {rows, cols});
        result.scale = view(DType::F32, {blocks(rows, blockRows), blocks(cols, blockCols)});
        return result;
    }
    void refuse(const std::string &, const std::string &) const override {} // there is no file to be refused

private:
    Tensor view(DType dtype, std::initializer_list<std::uint64_t> dims) const
    {
        return {&m_nothing, dtype, std::span(dims.begin(), dims.size())};
    }

    const model::ModelConfig &m_config;
    SyntheticStorage m_storage;
    std::map<std::string, bool> m_quantized;
    std::byte m_nothing{};
};

StepFigures countStep(const model::ModelConfig &config, const model::Weights &weights, CacheFormat cacheFormat,
                      int context, int tokens)
{
    const auto nothing = measurement::makeNoBackend();
    measurement::OpMeter meter(*nothing, measurement::Choices::Expected);
    model::TransformerOptions options;
    options.cacheType = cacheFormat;
    model::Transformer transformer(config, weights, meter, options);
    if (context < 0 || tokens < 1 || tokens > transformer.contextLength() - context)
        throw Error(ErrorCode::RequestInvalid, {}, "context",
                    std::to_string(context) + " + " + std::to_string(tokens) +
                        " tokens do not fit into the model's context of " +
                        std::to_string(transformer.contextLength()) + ". Choose fewer.");
    memory::KvCache cache = transformer.makeCache();
    cache.reserve(context);
    cache.commit(context);
    meter.synchronize();
    meter.reset();
    const std::vector<TokenId> ids(static_cast<std::size_t>(tokens));
    std::vector<float> logits(static_cast<std::size_t>(config.vocab_size));
    model::ForwardCall call;
    call.tokens = ids;
    call.logits = logits;
    transformer.forward(call, cache);
    StepFigures step{context, tokens, meter.figures()};
    for (OpFigure &figure : step.ops)
        figure.milliseconds = 0.0;
    return step;
}

model::ModelConfig describedConfig(const ModelShape &shape)
{
    const std::filesystem::path file(shape.configFile);
    model::ModelConfig config = model::readModelConfig(file.has_parent_path() ? file.parent_path().string() : ".");
    config.num_nextn_predict_layers = 0; // not part of a step
    if (shape.layers > 0) {
        config.num_hidden_layers = shape.layers;
        config.first_k_dense_replace = std::min(config.first_k_dense_replace, shape.layers);
    }
    return config;
}

} // namespace

StepFigures expectStep(const ModelShape &shape, int context, int tokens)
{
    if (!shape.path.empty()) {
        const auto files = model::openModelFiles(shape.path);
        return countStep(files->config(), files->resolveWeights(), shape.cache, context, tokens);
    }
    const model::ModelConfig config = describedConfig(shape);
    ShapeSource source(config, shape.storage);
    return countStep(config, model::readWeights(config, source), shape.cache, context, tokens);
}

} // namespace engine
