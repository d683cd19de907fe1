#pragma once
// What the user is told about a loaded model. Plain data; may cross threads.

#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct ModelInfo {
    std::string name;         ///< folder name, e.g. "nano-r1"
    std::string folder;       ///< path as given
    std::string fingerprint;  ///< hex digest over config.json and the weight headers; identifies a model in the history
    std::string architecture; ///< config.json model_type, e.g. "deepseek_v3"
    std::string quantization; ///< "FP8 E4M3 128x128 + BF16", "BF16", ...
    std::uint64_t parametersTotal = 0;
    std::uint64_t parametersActive = 0; ///< per token; whole embedding and head counted
    std::uint64_t parametersMtp = 0;    ///< MTP module, not part of the total
    std::uint64_t weightBytes = 0;      ///< bytes of all tensors on disk
    std::uint64_t kvBytesPerToken = 0;  ///< of the cache this engine allocates
    int contextLength = 0;              ///< tokens of a conversation, at most maxContextLength
    int maxContextLength = 0;           ///< of the model: max_position_embeddings
    bool contextCapped = false;         ///< contextLength is less because of memory, not because somebody chose it
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
    std::vector<int> moeLayers; ///< absolute layer index of each MoE layer, ascending; row order of RoutingTrace
    bool reasons = false;       ///< the chat template opens a <think> block
    // From generation_config.json; negative = not given.
    float recommendedTemperature = -1.0F;
    float recommendedTopP = -1.0F;
    int recommendedMaxTokens = -1;
};

} // namespace engine
