// safetensors files and shard indices. An input is 'r' and a whole file, or 's' and sections: an index (empty: none)
// and the JSON headers of up to three files, whose lengths are right and whose data is long enough. (A fuzzer would
// hardly keep the eight length bytes right by itself.)

#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"
#include "engine/model/weights.h"
#include "tests/engine/support/safetensors_writer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_folder.h"

#include <algorithm>
#include <array>

namespace {

using engine::memory::DType;
using support::NamedTensor;

constexpr const char *singleName = "model.safetensors";
constexpr const char *indexName = "model.safetensors.index.json";
constexpr std::array shardNames = {"a-1.safetensors", "a-2.safetensors", "a-3.safetensors"};
constexpr std::uint64_t mostData = 16384; ///< a few pages

/// The smallest model: one layer, everything two wide.
constexpr const char *config = R"({"model_type": "llama", "vocab_size": 2, "hidden_size": 2, "num_hidden_layers": 1,
"num_attention_heads": 1, "num_key_value_heads": 1, "intermediate_size": 2, "max_position_embeddings": 8,
"rms_norm_eps": 1e-6, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": true,
"quantization_config": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}})";

std::vector<NamedTensor> smallestModel()
{
    const std::string layer = "model.layers.0.";
    std::vector<NamedTensor> tensors;
    for (const std::string name : {"model.norm.weight", "model.layers.0.input_layernorm.weight",
                                   "model.layers.0.post_attention_layernorm.weight"}) {
        tensors.push_back(support::makeTensor(name, DType::BF16, {2}, {1, 1}));
    }
    tensors.push_back(support::makeTensor("model.embed_tokens.weight", DType::F16, {2, 2}, {1, 2, 3, 4}));
    for (const std::string name : {"self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight",
                                   "self_attn.o_proj.weight", "mlp.gate_proj.weight", "mlp.up_proj.weight"}) {
        tensors.push_back(support::makeTensor(layer + name, DType::F32, {2, 2}, {1, 2, 3, 4}));
    }
    tensors.push_back(support::makeTensor(layer + "mlp.down_proj.weight", DType::F8_E4M3, {2, 2}, {1, 2, 3, 4}));
    tensors.push_back(support::makeTensor(layer + "mlp.down_proj.weight_scale_inv", DType::F32, {1, 1}, {1}));
    return tensors;
}

/// The largest number written in the header, but not much.
std::uint64_t dataBytes(std::string_view header)
{
    std::uint64_t largest = 0;
    std::uint64_t number = 0;
    for (const char c : header) {
        number = c >= '0' && c <= '9' ? std::min(number * 10 + static_cast<std::uint64_t>(c - '0'), mostData + 1) : 0;
        if (number <= mostData) {
            largest = std::max(largest, number);
        }
    }
    return largest;
}

std::string fileOf(std::string_view header)
{
    std::string file;
    for (int byte = 0; byte < 8; ++byte) {
        file += static_cast<char>(header.size() >> (8 * byte));
    }
    return file.append(header).append(dataBytes(header), '\x3c');
}

/// Bytes behind the header, as the file itself has them.
std::uint64_t dataOf(std::string_view file)
{
    std::uint64_t header = 0;
    for (std::size_t byte = 8; byte > 0 && file.size() >= 8; --byte) {
        header = header << 8 | static_cast<unsigned char>(file[byte - 1]);
    }
    return file.size() < 8 || header > file.size() - 8 ? 0 : file.size() - 8 - header;
}

/// Returns how many bytes of data all files have.
std::uint64_t writeFiles(fuzz::MemoryFolder &folder, std::string_view bytes)
{
    folder.write("config.json", config);
    folder.remove(singleName);
    folder.remove(indexName);
    if (!bytes.starts_with('s')) {
        const std::string_view file = bytes.substr(bytes.empty() ? 0 : 1);
        folder.write(singleName, file);
        return dataOf(file);
    }
    const auto sections = fuzz::sectionsOf(bytes.substr(1), 1 + shardNames.size());
    if (sections[0].empty()) {
        folder.write(singleName, fileOf(sections[1]));
        return dataBytes(sections[1]);
    }
    std::uint64_t total = 0;
    folder.write(indexName, sections[0]);
    for (std::size_t shard = 0; shard < shardNames.size(); ++shard) {
        folder.write(shardNames[shard], fileOf(sections[1 + shard]));
        // A shard that the index does not name is not read.
        const bool named = sections[0].find(shardNames[shard]) != std::string_view::npos;
        total += named ? dataBytes(sections[1 + shard]) : 0;
    }
    return total;
}

/// Reads both ends of every tensor. Tensors fill their files, so none can reach outside unless the sums differ.
void touch(const engine::model::Checkpoint &checkpoint, std::uint64_t dataInFiles)
{
    std::uint64_t total = 0;
    fuzz::require(checkpoint.totalBytes() == dataInFiles, "the tensors are all the data of the files");
    for (const std::string &name : checkpoint.names()) {
        const engine::memory::Tensor &tensor = checkpoint.tensor(name);
        const auto *bytes = static_cast<const volatile unsigned char *>(tensor.data);
        total += tensor.bytes();
        if (tensor.bytes() > 0) {
            static_cast<void>(bytes[0]);
            static_cast<void>(bytes[tensor.bytes() - 1]);
        }
    }
    fuzz::require(total == checkpoint.totalBytes(), "totalBytes is the sum of the tensors");
    fuzz::require(checkpoint.fingerprint().size() == 64, "a fingerprint has 64 digits");
}

} // namespace

bool fuzz::runInput(std::string_view bytes)
{
    static MemoryFolder folder;
    const std::uint64_t data = writeFiles(folder, bytes);
    return accepted([&] {
        const engine::model::Checkpoint checkpoint(folder.path());
        touch(checkpoint, data);
        const engine::model::Weights weights =
            engine::model::resolveWeights(engine::model::readModelConfig(folder.path()), checkpoint);
        require(weights.layers.size() == 1, "a model has its layers");
    });
}

std::vector<fuzz::Seed> fuzz::seeds()
{
    const std::vector<NamedTensor> tensors = smallestModel();
    const std::vector<NamedTensor> some(tensors.begin(), tensors.begin() + 2);
    const std::string header = support::safetensorsHeader(tensors);
    const std::string index =
        R"({"metadata": {"total_size": 12}, "weight_map": {"a": "a-1.safetensors", "b": "a-2.safetensors",
"c": "a-3.safetensors"}})";
    const auto headerOf = [](const std::string &name, const std::string &type, const std::string &shape, int bytes) {
        return R"({"__metadata__": {"format": "pt"}, ")" + name + R"(": {"dtype": ")" + type + R"(", "shape": )" +
               shape + R"(, "data_offsets": [0, )" + std::to_string(bytes) + "]}}";
    };
    return {{"r" + support::safetensorsFile(header, tensors)},
            {"r" + support::safetensorsFile(support::safetensorsHeader(some), some), false},
            {"s" + joinSections({"", header})},
            {"s" + joinSections({index, headerOf("a", "F32", "[1]", 4), headerOf("b", "BF16", "[1, 2]", 4),
                                 headerOf("c", "U8", "[]", 1)}),
             false},
            {"s" + joinSections({"", headerOf("pages", "U8", "[3, 4096]", 12288)}), false}};
}

std::vector<std::string> fuzz::dictionary()
{
    return {"\"dtype\":",
            "\"shape\":",
            "\"data_offsets\":",
            "\"__metadata__\":",
            "\"F32\"",
            "\"BF16\"",
            "\"F16\"",
            "\"F8_E4M3\"",
            "\"F8_E8M0\"",
            "\"I64\"",
            "\"BOOL\"",
            "\"weight_map\":",
            "\"a-1.safetensors\"",
            "\"a-2.safetensors\"",
            "../",
            "18446744073709551615",
            "9223372036854775808",
            "1099511627776",
            "[]",
            "{}",
            "null",
            "1e9",
            "-1",
            std::string(1, separator),
            std::string(8, '\0'),
            "\\u0000",
            "\xc3\xa9"};
}
