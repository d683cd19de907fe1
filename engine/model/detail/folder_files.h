#pragma once
// A model folder in the Hugging Face layout.

#include "engine/model/checkpoint.h"
#include "engine/model/model_files.h"
#include "engine/model/model_folder.h"

namespace engine::model {

class FolderFiles final : public ModelFiles {
public:
    FolderFiles(const std::string &folder, const LoadWatch &watch);

    const std::string &path() const override { return m_folder.path(); }
    std::string name() const override;
    const ModelConfig &config() const override { return m_config; }
    GenerationDefaults generationDefaults() const override { return readGenerationConfig(path()); }
    Weights resolveWeights() override { return model::resolveWeights(m_config, m_checkpoint); }
    std::uint64_t diskBytes() const override { return m_checkpoint.totalBytes(); }
    std::uint64_t weightBytes() const override { return m_checkpoint.totalBytes(); }
    std::string quantization() const override;
    bool hasMtp() const override;
    std::string fingerprint() const override { return m_checkpoint.fingerprint(); }
    void throwIfChanged() const override { m_checkpoint.throwIfChanged(); }
    TextSource texts() const override { return &m_folder; }

private:
    ModelFolder m_folder;
    ModelConfig m_config;
    Checkpoint m_checkpoint;
};

} // namespace engine::model
