#pragma once
// Everything that belongs to one opened model folder. Owned by the worker thread.

#include "engine/engine.h"
#include "engine/memory_plan.h"
#include "engine/model/checkpoint.h"
#include "engine/model/load_watch.h"
#include "engine/model/model_config.h"
#include "engine/model/transformer.h"
#include "engine/model/weights.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace engine::runtime {

class LoadedModel {
public:
    /// Opens and checks the folder. Throws Error; OutOfMemory before a weight is read; Cancelled when `watch` is
    /// stopped, which is looked at every few megabytes and between all steps. `givenBack`: bytes that will be free once
    /// this model takes the place of another, besides those that are now.
    LoadedModel(const std::string &folder, const EngineOptions &options, const model::LoadWatch &watch = {},
                std::uint64_t givenBack = 0);
    ~LoadedModel();
    LoadedModel(const LoadedModel &) = delete;
    LoadedModel &operator=(const LoadedModel &) = delete;

    const ModelInfo &info() const { return m_info; }
    const text::Tokenizer &tokenizer() const { return m_tokenizer; }
    const text::ChatTemplate &chatTemplate() const { return m_template; }
    model::Transformer &transformer() { return *m_transformer; }
    bool endsReply(TokenId token) const;
    /// Throws FileChanged if a weight file was truncated under the mapping.
    void checkFiles() const { m_checkpoint.throwIfChanged(); }

private:
    void collectStopTokens();

    model::ModelConfig m_config;
    model::Checkpoint m_checkpoint;
    MemoryPlan m_plan;
    model::Weights m_weights;
    ModelInfo m_info;
    text::Tokenizer m_tokenizer;
    text::ChatTemplate m_template;
    std::unique_ptr<backend::Backend> m_backend;
    std::unique_ptr<model::Transformer> m_transformer;
    std::vector<TokenId> m_stopTokens;
};

} // namespace engine::runtime
