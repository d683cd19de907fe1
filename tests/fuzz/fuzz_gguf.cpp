// GGUF files. An input is the whole file; the tensor data may be missing at its end, as far as the file is to be
// refused for that, so that a mutated header need not carry it.

#include "engine/model/gguf_file.h"
#include "engine/model/model_files.h"
#include "engine/runtime/gguf_summary.h"
#include "engine/text/tokenizer.h"
#include "tests/engine/support/tiny_gguf.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_folder.h"

namespace {

constexpr std::uint64_t mostData = std::uint64_t{1} << 17;

/// Reads both ends of every tensor.
void touch(engine::model::GgufFile &file)
{
    file.map();
    std::uint64_t total = 0;
    for (const std::string &name : file.names()) {
        const engine::model::GgufTensorInfo &info = *file.info(name);
        total += info.bytes;
        if (!info.type->dtype) {
            continue;
        }
        const engine::memory::Tensor tensor = file.tensor(name);
        fuzz::require(tensor.bytes() == info.bytes, "a tensor has the bytes its header says");
        const auto *bytes = static_cast<const volatile unsigned char *>(tensor.data);
        static_cast<void>(bytes[0]);
        static_cast<void>(bytes[tensor.bytes() - 1]);
    }
    fuzz::require(total == file.totalBytes(), "totalBytes is the sum of the tensors");
}

bool isCutOff(const std::string &path)
{
    try {
        engine::model::GgufFile file(path);
        touch(file);
        return false;
    } catch (const engine::Error &error) {
        return std::string(error.what()).find("bytes shorter than its header says") != std::string::npos;
    }
}

} // namespace

bool fuzz::runInput(std::string_view bytes)
{
    static MemoryFolder folder;
    constexpr const char *name = "model.gguf";
    const std::string path = folder.path() + "/" + name;
    folder.write(name, bytes);
    if (isCutOff(path)) { // as many zeros as its own header may want
        folder.write(name, std::string(bytes) + std::string(mostData, '\0'));
    }
    return accepted([&] {
        const auto summary = engine::runtime::readGgufSummary(path);
        const auto files = engine::model::openModelFiles(path);
        require(summary.config.has_value(), "what opens has a summary");
        const auto tokenizer = engine::text::Tokenizer::open(files->texts());
        require(tokenizer.size() > 0, "a tokenizer has tokens");
        require(files->fingerprint().size() == 64, "a fingerprint has 64 digits");
        const engine::model::Weights weights = files->resolveWeights();
        require(weights.layers.size() == static_cast<std::size_t>(files->config().num_hidden_layers),
                "a model has its layers");
    });
}

std::vector<fuzz::Seed> fuzz::seeds()
{
    std::vector<Seed> all;
    for (const support::TinyGgufKind kind : {support::TinyGgufKind::Llama, support::TinyGgufKind::Qwen3,
                                             support::TinyGgufKind::Joined, support::TinyGgufKind::Split}) {
        const support::GgufWriter writer = support::makeTinyGguf(kind);
        all.push_back({writer.file()});
        // Zeros do as weights, but not as divisors of the frequencies.
        all.push_back({writer.header(), kind != support::TinyGgufKind::Llama});
    }
    return all;
}

std::vector<std::string> fuzz::dictionary()
{
    std::vector<std::string> words = {"GGUF",
                                      "general.alignment",
                                      "split.count",
                                      "split.no",
                                      "rope_freqs.weight",
                                      "deepseek2.attention.key_length_mla",
                                      "tokenizer.ggml.pre"};
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 31,
                                       std::uint64_t{1} << 40, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        words.push_back(support::ggufNumber(number));
    }
    for (std::uint32_t type = 0; type < 32; type += 1) {
        words.push_back(support::ggufNumber(type));
    }
    return words;
}
