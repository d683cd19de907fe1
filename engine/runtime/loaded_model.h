#pragma once
// Everything that belongs to one opened model. Owned by the worker thread.

#include "engine/engine.h"
#include "engine/memory_plan.h"
#include "engine/model/load_watch.h"
#include "engine/model/model_files.h"
#include "engine/model/transformer.h"
#include "engine/model/weights.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace engine::runtime {

/// The memory that another model on the same device gives back.
struct Successor {
    std::uint64_t cacheBytes = 0;  ///< with its conversation, of which nothing is needed any more
    std::uint64_t weightBytes = 0; ///< and once `release` was called; 0: nothing but the cache counts
    std::function<void()> release;
};

class LoadedModel {
public:
    /// Opens and checks the model. Throws Error; OutOfMemory before a weight is read; Cancelled when `watch` is
    /// stopped, which is looked at every few megabytes and between all steps. Calls `earlier.release` only where there
    /// is no room for both, and only when everything but the device has been checked.
    LoadedModel(const std::string &path, const EngineOptions &options, const model::LoadWatch &watch = {},
                const Successor &earlier = {});
    ~LoadedModel();
    LoadedModel(const LoadedModel &) = delete;
    LoadedModel &operator=(const LoadedModel &) = delete;

    const ModelInfo &info() const { return m_info; }
    const text::Tokenizer &tokenizer() const { return m_tokenizer; }
    const text::ChatTemplate &chatTemplate() const { return m_template; }
    model::Transformer &transformer() { return *m_transformer; }
    bool endsReply(TokenId token) const;
    /// Throws FileChanged if a weight file was truncated under the mapping.
    void checkFiles() const { m_files->throwIfChanged(); }
    /// Bytes of device memory that go with this model, without the cache; 0 where the weights are mapped files.
    std::uint64_t deviceBytes() const;

private:
    struct Plan {
        MemoryPlan memory;
        bool needsRelease = false;
    };
    Plan plan(const EngineOptions &options, const Successor &earlier) const;
    void prepareDevice(const EngineOptions &options, const model::LoadWatch &watch);
    const std::string &path() const;
    [[noreturn]] void failMemory(const Error &cause) const;
    void collectStopTokens();

    std::unique_ptr<model::ModelFiles> m_files;
    model::ModelConfig m_config; ///< of the files, with what was chosen at loading
    std::shared_ptr<Devices> m_devices;
    DeviceInfo m_device;
    Plan m_plan;
    model::Weights m_weights;
    ModelInfo m_info;
    text::Tokenizer m_tokenizer;
    text::ChatTemplate m_template;
    std::unique_ptr<backend::Backend> m_backend;
    std::unique_ptr<model::Transformer> m_transformer;
    std::vector<TokenId> m_stopTokens;
};

} // namespace engine::runtime
