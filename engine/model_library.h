#pragma once
// The models that are already on this computer, wherever the program that fetched them keeps them. Everything is
// opened read-only and nothing is written, moved or removed. Plain data and two functions; any thread.

#include "engine/devices.h"
#include "engine/error.h"
#include "engine/memory_plan.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace engine {

/// Whose folder it is.
enum class ModelPlaceKind { Bundled, Chosen, HuggingFace, LmStudio, Ollama, Gpt4All, LlamaCpp, Jan };

struct ModelPlace {
    ModelPlaceKind kind = ModelPlaceKind::Chosen;
    std::string path; ///< absolute

    bool operator==(const ModelPlace &) const = default;
};

/// The value of an environment variable; empty when it is not set.
using Environment = std::function<std::string(const char *name)>;

/// Where Hugging Face, LM Studio, Ollama, GPT4All, llama.cpp and Jan keep models on Linux, whether these folders exist
/// or not. Variables with relative paths are ignored. `environment` empty: that of the process.
std::vector<ModelPlace> knownModelPlaces(const Environment &environment = {});

enum class ModelFormat { Safetensors, Gguf };

/// One model, from its headers alone. Texts come from files of strangers: at most some hundred bytes, not checked for
/// control characters.
struct ModelEntry {
    std::string path; ///< to open: a folder, or a .gguf file
    std::string name; ///< as its owner calls it: "deepseek-ai/DeepSeek-V2-Lite", "deepseek-r1:7b", a folder, a file
    std::vector<ModelPlace> places; ///< where it was seen; one file may be in several places
    ModelFormat format = ModelFormat::Safetensors;
    std::string architecture;          ///< "deepseek_v3"; also of models that cannot be opened, empty if not known
    std::string quantization;          ///< "BF16", "FP8 E4M3 128x128 + BF16", "Q4_K + Q6_K"; empty if not known
    std::uint64_t bytes = 0;           ///< of the weight files that are there
    std::uint64_t parametersTotal = 0; ///< 0: not known
    std::uint64_t parametersActive = 0;
    int contextLength = 0;                   ///< tokens, the model's own maximum; 0: not known
    std::uint64_t gpuBufferBytes = 0;        ///< MemoryPlan::bufferBytes on a GPU; 0: not known
    bool hasFp8Weights = false;              ///< what Activations::Fp8 is for
    std::uint64_t fp8CacheBytesPerToken = 0; ///< MemoryPlan::kvBytesPerToken with CacheFormat::Fp8; 0: has none
    std::optional<MemoryPlan> plan; ///< on the CPU, for the model's own maximum; nothing if it cannot be opened
    std::optional<Failure> failure; ///< why it cannot be opened
};

struct ScanOptions {
    int threads = 0;                    ///< CPU threads the model would run on, for the plan; 0 = one per core
    std::shared_ptr<Devices> devices{}; ///< null: those of this machine
};

/// What became of one place.
struct PlaceReport {
    ModelPlace place;
    bool exists = false;
    int models = 0;                 ///< seen there, those of other places too
    bool cutShort = false;          ///< more folders than are looked at
    std::optional<Failure> failure; ///< it is there but cannot be read
};

/// Looks through the places one after the other and reports each model as soon as it is known. A model that is seen
/// again in another place is reported again under the same path with that place added. Never throws for what lies in
/// a place; `onEntry` may throw, which ends the scan. A request to stop ends it within one model.
std::vector<PlaceReport> scanModels(const std::vector<ModelPlace> &places, const ScanOptions &options,
                                    std::stop_token stop, const std::function<void(const ModelEntry &)> &onEntry);

} // namespace engine
