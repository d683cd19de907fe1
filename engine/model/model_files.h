#pragma once
// A model as it lies on disk, in whichever format.

#include "engine/model/load_watch.h"
#include "engine/model/model_config.h"
#include "engine/model/text_source.h"
#include "engine/model/weights.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace engine::model {

/// Opened and its headers checked; no weight is read before resolveWeights(). const methods may be called from any
/// thread.
class ModelFiles {
public:
    virtual ~ModelFiles() = default;

    virtual const std::string &path() const = 0; ///< as given: a folder or a file
    virtual std::string name() const = 0;        ///< what the user calls the model: "nano-r1"
    virtual const ModelConfig &config() const = 0;
    virtual GenerationDefaults generationDefaults() const = 0; ///< throws as readGenerationConfig

    /// Takes the tensors and checks shapes, types and values; see model::resolveWeights. The views live as long as
    /// this. To be called once.
    virtual Weights resolveWeights() = 0;
    virtual std::uint64_t diskBytes() const = 0;   ///< of all tensors on disk
    virtual std::uint64_t weightBytes() const = 0; ///< of the tensors as they are used, mapped or made at loading
    /// What weightBytes() grows by when they are copied to a device; see placeWeights().
    virtual std::uint64_t deviceExcessBytes() const { return 0; }
    virtual std::string quantization() const = 0; ///< ModelInfo::quantization
    virtual bool hasMtp() const = 0;              ///< the files carry the MTP modules of the config
    virtual std::string fingerprint() const = 0;  ///< 64 hex digits over header and samples of the data
    virtual void throwIfChanged() const = 0;      ///< FileChanged naming the first file that is not as it was opened

    virtual TextSource texts() const = 0; ///< valid as long as this
};

/// A folder in the Hugging Face layout (it has a config.json); a GGUF file, whatever its name; any part of a split one;
/// or a folder without config.json that holds exactly one model in GGUF. Throws Error: FileMissing (nothing there, or
/// several models, which are listed), what reading config and headers throws, Cancelled when `watch` is stopped.
std::unique_ptr<ModelFiles> openModelFiles(const std::string &path, const LoadWatch &watch = {});

/// Types with their bytes, the most bytes first: "Q4_K + Q6_K".
std::string typesByBytes(const std::vector<std::pair<std::string, std::uint64_t>> &bytesByType);

} // namespace engine::model
