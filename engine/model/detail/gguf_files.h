#pragma once
// A model in GGUF.

#include "engine/memory/buffer.h"
#include "engine/model/gguf_file.h"
#include "engine/model/model_files.h"

#include <vector>

namespace engine::model {

class GgufFiles final : public ModelFiles {
public:
    GgufFiles(const std::string &path, const LoadWatch &watch);

    const std::string &path() const override { return m_file.path(); }
    std::string name() const override { return m_file.modelName(); }
    const ModelConfig &config() const override { return m_config; }
    GenerationDefaults generationDefaults() const override;
    Weights resolveWeights() override;
    std::uint64_t diskBytes() const override { return m_file.totalBytes(); }
    std::uint64_t weightBytes() const override;
    std::uint64_t deviceExcessBytes() const override;
    std::string quantization() const override;
    bool hasMtp() const override { return m_config.num_nextn_predict_layers > 0; }
    std::string fingerprint() const override { return m_file.fingerprint(); }
    void throwIfChanged() const override { m_file.throwIfChanged(); }
    TextSource texts() const override { return &m_file; }

private:
    GgufFile m_file;
    ModelConfig m_config;
    std::vector<memory::Buffer> m_made; ///< tensors the engine needs in another form than the file has them
};

} // namespace engine::model
