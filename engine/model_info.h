#pragma once
// What the user is told about a loaded model. Plain data; may cross threads.

#include "engine/cache_format.h"

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

/// What goes into products with FP8 weights (F8_E4M3 with a scale for each 128 x 128 block).
enum class Activations {
    Exact, ///< F32: the weights alone are rounded
    /// E4M3 with a scale for each token and 128 columns, as DeepSeek-V3 was trained (technical report §3.3) and as its
    /// published inference code computes (inference/kernel.py, act_quant): inputs of all such products but those of
    /// kv_b_proj, which that code dequantises for absorbed attention. Nothing else is rounded.
    Fp8,
};

/// What the authors say about system messages.
enum class SystemPromptAdvice {
    Supported,
    Discouraged, ///< LLM: trained without; R1: instructions belong into the user's message
    LastOnly,    ///< the template keeps only the last one
};

struct ModelInfo {
    std::string name;   ///< of the folder, or of the file without .gguf, e.g. "nano-r1"
    std::string folder; ///< path as given: a folder or a GGUF file
    std::string
        fingerprint; ///< hex digest over config.json, weight headers and samples; identifies a model in the history
    std::string architecture; ///< config.json model_type, e.g. "deepseek_v3"
    std::string quantization; ///< "FP8 E4M3 128x128 + BF16", "GGUF Q4_K + Q6_K", ...
    std::uint64_t parametersTotal = 0;
    std::uint64_t parametersActive = 0; ///< per token; whole embedding and head counted
    std::uint64_t parametersMtp = 0;    ///< MTP module, not part of the total
    std::uint64_t weightBytes = 0;      ///< bytes of all tensors on disk
    std::uint64_t kvBytesPerToken = 0;  ///< of the cache this engine allocates
    int contextLength = 0;              ///< tokens of a conversation, at most maxContextLength
    int maxContextLength = 0;           ///< of the model: max_position_embeddings
    std::string device;                 ///< DeviceInfo::id of where it computes
    std::string deviceName;
    int deviceUnits = 0; ///< of the CPU: threads it computes with
    Activations activations = Activations::Exact;
    std::uint64_t plannedBytes = 0; ///< MemoryPlan::totalBytes(): the whole context
    bool contextCapped = false;     ///< contextLength is less because of memory, not because somebody chose it
    int vocabSize = 0;
    int layers = 0;
    int hiddenSize = 0;
    int heads = 0;
    int kvLoraRank = 0;
    int routedExperts = 0; ///< 0: no experts
    int sharedExperts = 0;
    int expertsPerToken = 0;
    int expertGroups = 0;
    int groupsPerToken = 0;
    std::vector<int> moeLayers;     ///< absolute layer index of each MoE layer, ascending; row order of RoutingTrace
    bool reasons = false;           ///< the chat template opens a <think> block
    std::string templateName;       ///< "deepseek-r1", "deepseek-v3.1", ...
    bool canSwitchThinking = false; ///< ThinkingMode On and Off are both possible
    SystemPromptAdvice systemPrompt = SystemPromptAdvice::Supported;
    // From generation_config.json, else from the model card of the family; negative = neither gives it.
    float recommendedTemperature = -1.0F;
    float recommendedTopP = -1.0F;
    int recommendedMaxTokens = -1;
    std::string recommendationSource; ///< "generation_config.json", "DeepSeek-R1 model card", ...; empty: none known
    float leastTemperature = -1.0F;   ///< of the recommendation (R1: 0.5 to 0.7); negative: no range known
    float greatestTemperature = -1.0F;
    bool greedyRepeats = false; ///< greedy decoding is known to repeat itself (R1 and its distills)
    /// Of the cache; never Automatic in a loaded model.
    CacheFormat cacheFormat = CacheFormat::Automatic;
};

} // namespace engine
