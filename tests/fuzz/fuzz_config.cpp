// config.json, generation_config.json and model.safetensors.index.json, in this order, as sections of one input.

#include "engine/model/checkpoint.h"
#include "engine/model/detail/index_file.h"
#include "engine/model/memory_plan.h"
#include "engine/model/model_config.h"
#include "engine/model/model_folder.h"
#include "engine/model/model_summary.h"
#include "engine/model/weights.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace {

using engine::model::ModelConfig;

constexpr std::size_t files = 3;
constexpr const char *indexText =
    R"({"metadata": {"total_size": 12}, "weight_map": {"a": "a-1.safetensors", "b": "a-2.safetensors"}})";

/// A file with one tensor, which is none of any model: what a config asks for is missing.
std::string strangeWeights()
{
    const auto tensor = support::makeTensor("strange", engine::memory::DType::F32, {1}, {1});
    return support::safetensorsFile(support::safetensorsHeader({tensor}), {tensor});
}

void useConfig(const ModelConfig &config, const std::string &folder)
{
    engine::model::PlanRequest request;
    request.threads = 2;
    request.availableBytes = std::uint64_t{1} << 40;
    fuzz::require(engine::model::planMemory(config, request).kvBytesPerToken > 0, "a token costs memory");
    const engine::model::ParameterCounts counts = engine::model::countParameters(config);
    fuzz::require(counts.active <= counts.total, "no more parameters are active than there are");
    // The longest list of names is refused after ten thousand of them: slow, not wrong.
    if (config.num_hidden_layers * (3 * config.n_routed_experts + 12) < 500) {
        const engine::model::Checkpoint checkpoint(folder);
        fuzz::require(!fuzz::accepted([&] { engine::model::resolveWeights(config, checkpoint); }),
                      "tensors that are not there are missed");
    }
}

std::string caseConfig(const std::string &name)
{
    const std::string file = std::string(BATHYSCOPE_SOURCE_DIR) + "/tests/golden/cases/" + name + ".json";
    return nlohmann::ordered_json::parse(support::readFile(file))["config"].dump(1);
}

} // namespace

bool fuzz::runInput(std::string_view bytes)
{
    static MemoryFolder folder;
    static MemoryFolder indexFolder; // a folder with an index has no other weights
    folder.write("model.safetensors", strangeWeights());
    const auto sections = sectionsOf(bytes, files);
    folder.write("config.json", sections[0]);
    folder.write("generation_config.json", sections[1]);
    indexFolder.write("model.safetensors.index.json", sections[2]);
    bool good = accepted([&] { useConfig(engine::model::readModelConfig(folder.path()), folder.path()); });
    good &= accepted([&] { engine::model::readGenerationConfig(folder.path()); });
    good &= accepted([&] {
        const engine::model::ModelFolder model(indexFolder.path());
        const auto index = engine::model::readShardIndex(model, "model.safetensors.index.json");
        require(std::is_sorted(index.shards.begin(), index.shards.end()), "shards are sorted");
    });
    return good;
}

std::vector<fuzz::Seed> fuzz::seeds()
{
    const std::string generation = support::makeTinyModel().generationConfig.dump();
    std::vector<Seed> inputs;
    for (const char *name : {"llama-gqa-llama3", "llama-linear-tied-bias", "qwen2", "qwen3-yarn", "deepseek-moe",
                             "deepseek-v2", "fp8-yarn"}) {
        inputs.push_back({joinSections({caseConfig(name), generation, indexText})});
    }
    return inputs;
}

std::vector<std::string> fuzz::dictionary()
{
    std::vector<std::string> words = {"null",
                                      "true",
                                      "false",
                                      "-1",
                                      "0.5",
                                      "1e308",
                                      "2147483648",
                                      "4194304",
                                      "[128, 128]",
                                      "\"ue8m0\"",
                                      "\"fp8\"",
                                      "\"yarn\"",
                                      "\"linear\"",
                                      "\"llama3\"",
                                      "\"dynamic\"",
                                      "\"noaux_tc\"",
                                      "\"group_limited_greedy\"",
                                      "\"greedy\"",
                                      "\"softmax\"",
                                      "\"sigmoid\"",
                                      "\"silu\"",
                                      "\"rope_parameters\":",
                                      "\"attention_factor\":",
                                      "{}",
                                      "[]",
                                      std::string(1, separator),
                                      "\"../x.safetensors\"",
                                      "\"model_type\":"};
    for (const char *type : {"llama", "qwen2", "qwen3", "deepseek", "deepseek_v2", "deepseek_v3", "deepseek_v32"}) {
        words.push_back("\"" + std::string(type) + "\"");
    }
    return words;
}
