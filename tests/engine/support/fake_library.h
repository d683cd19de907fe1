#pragma once
// Folders as Hugging Face, LM Studio, Ollama, GPT4All, llama.cpp and Jan lay them out below a home folder, with little
// models in them.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace support {

/// The smallest GGUF file there is: a header with the architecture and no tensors.
std::string ggufFile(const std::string &architecture);

class FakeLibrary {
public:
    /// Below `home`; nothing is made yet.
    explicit FakeLibrary(std::filesystem::path home);

    /// How the snapshot of a hub repository leads to its files.
    enum class Snapshot { Links, PlainFiles, SharedBlobs };
    /// `name` is "org/name". Returns the snapshot's folder.
    std::filesystem::path addHubModel(const std::string &name, Snapshot kind = Snapshot::Links,
                                      const std::string &commit = std::string(40, 'a'), bool main = true);
    std::filesystem::path addLmStudioModel(const std::string &name); ///< a folder with safetensors
    std::filesystem::path addLmStudioGguf(const std::string &publisher, const std::string &model,
                                          const std::string &file);
    /// "registry.ollama.ai/library/deepseek-r1/7b". Returns the blob.
    std::filesystem::path addOllamaModel(const std::string &manifest);
    std::filesystem::path addGpt4AllGguf(const std::string &file);
    std::filesystem::path addLlamaCppGguf(const std::string &file);
    std::filesystem::path addJanGguf(const std::string &model);

    std::filesystem::path hub() const { return m_home / ".cache/huggingface/hub"; }
    std::filesystem::path lmStudio() const { return m_home / ".lmstudio/models"; }
    std::filesystem::path ollama() const { return m_home / ".ollama/models"; }
    std::filesystem::path gpt4All() const { return m_home / ".local/share/nomic.ai/GPT4All"; }
    std::filesystem::path llamaCpp() const { return m_home / ".cache/llama.cpp"; }
    std::filesystem::path jan() const { return m_home / ".local/share/Jan/data"; }
    const std::filesystem::path &home() const { return m_home; }

    /// A model folder in the Hugging Face layout, different from all others.
    void writeModel(const std::filesystem::path &folder);

    /// 500 models in every layout, with Chinese, spaces and emoji in their paths. Returns their names.
    std::vector<std::string> fill500();

private:
    std::filesystem::path addGguf(const std::filesystem::path &file);

    std::filesystem::path m_home;
    std::uint64_t m_models = 0;
};

/// Every path below `root` with inode, size, times and what a link leads to, one a line, sorted.
std::vector<std::string> traces(const std::filesystem::path &root);

} // namespace support
