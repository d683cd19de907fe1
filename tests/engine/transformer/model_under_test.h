#pragma once
// A model opened up to its transformer.

#include "engine/backend/backend.h"
#include "engine/model/activation_choice.h"
#include "engine/model/model_files.h"
#include "engine/model/transformer.h"
#include "engine/model/weights.h"

#include <string>
#include <vector>

namespace support {

struct ModelUnderTest {
    explicit ModelUnderTest(const std::string &path, engine::model::TransformerOptions options = {}, int threads = 1)
        : ModelUnderTest(path, engine::backend::makeCpuBackend(threads), options)
    {
    }
    ModelUnderTest(const std::string &path, std::unique_ptr<engine::backend::Backend> ownBackend,
                   engine::model::TransformerOptions options = {},
                   engine::Activations activations = engine::Activations::Exact)
        : files(engine::model::openModelFiles(path)), config(engine::model::configFor(*files, activations)),
          weights(files->resolveWeights()), backend(std::move(ownBackend)),
          transformer(config, weights, *backend, options)
    {
    }

    /// Logits [tokens, vocab] of `tokens`, which are appended to the cache.
    std::vector<float> allLogits(std::span<const engine::TokenId> tokens, engine::memory::KvCache &cache)
    {
        std::vector<float> logits(tokens.size() * static_cast<std::size_t>(config.vocab_size));
        engine::model::ForwardCall call;
        call.tokens = tokens;
        call.logits = logits;
        transformer.forward(call, cache);
        return logits;
    }

    /// Logits [vocab] of the last of `tokens`.
    std::vector<float> lastLogits(std::span<const engine::TokenId> tokens, engine::memory::KvCache &cache)
    {
        std::vector<float> logits(static_cast<std::size_t>(config.vocab_size));
        engine::model::ForwardCall call;
        call.tokens = tokens;
        call.logits = logits;
        transformer.forward(call, cache);
        return logits;
    }

    std::unique_ptr<engine::model::ModelFiles> files;
    engine::model::ModelConfig config;
    engine::model::Weights weights;
    std::unique_ptr<engine::backend::Backend> backend;
    engine::model::Transformer transformer;
};

/// Largest |a − b|; infinity when the sizes differ or a number is not finite.
double largestDifference(std::span<const float> a, std::span<const float> b);

} // namespace support
