#include "tests/engine/support/fake_library.h"

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

#include <algorithm>
#include <sys/stat.h>

namespace support {

namespace fs = std::filesystem;

namespace {

template <typename T>
std::string littleEndian(T value)
{
    std::string bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
    return bytes;
}

std::string ggufText(const std::string &text)
{
    return littleEndian<std::uint64_t>(text.size()) + text;
}

/// 64 hex digits that differ for each number.
std::string digest(std::uint64_t number)
{
    std::string hex = std::to_string(number);
    return std::string(64 - hex.size(), '0') + hex;
}

void replaceAll(std::string &text, const std::string &from, const std::string &to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

void write(const fs::path &file, const std::string &bytes)
{
    fs::create_directories(file.parent_path());
    writeFile(file, bytes);
}

TinyModelOptions smallest(std::uint64_t seed)
{
    TinyModelOptions options;
    options.seed = seed;
    options.layers = 2;
    options.hidden = 32;
    options.denseWidth = 32;
    options.experts = 4;
    options.groups = 2;
    options.expertsPerToken = 2;
    return options;
}

} // namespace

std::string ggufFile(const std::string &architecture)
{
    constexpr std::uint32_t version = 3;
    constexpr std::uint32_t text = 8;
    return "GGUF" + littleEndian(version) + littleEndian(std::uint64_t{0}) + littleEndian(std::uint64_t{1}) +
           ggufText("general.architecture") + littleEndian(text) + ggufText(architecture);
}

FakeLibrary::FakeLibrary(fs::path home) : m_home(std::move(home)) {}

void FakeLibrary::writeModel(const fs::path &folder)
{
    writeTinyModel(smallest(++m_models), folder);
}

fs::path FakeLibrary::addHubModel(const std::string &name, Snapshot kind, const std::string &commit, bool main)
{
    std::string folderName = "models--" + name;
    replaceAll(folderName, "/", "--");
    const fs::path repository = hub() / folderName;
    const fs::path snapshot = repository / "snapshots" / commit;
    fs::create_directories(snapshot);
    if (main)
        write(repository / "refs/main", commit);
    if (kind == Snapshot::PlainFiles) {
        writeModel(snapshot);
        return snapshot;
    }
    const fs::path written = m_home / "written";
    writeModel(written);
    fs::create_directories(repository / "blobs");
    for (const auto &entry : fs::directory_iterator(written)) {
        const std::string blob = digest(++m_models);
        if (kind == Snapshot::SharedBlobs) {
            const fs::path shared = hub() / "blobs" / blob.substr(60) / blob;
            fs::create_directories(shared.parent_path());
            fs::rename(entry.path(), shared);
            fs::create_symlink(fs::path("../../blobs") / blob.substr(60) / blob, repository / "blobs" / blob);
        } else {
            fs::rename(entry.path(), repository / "blobs" / blob);
        }
        fs::create_symlink(fs::path("../../blobs") / blob, snapshot / entry.path().filename());
    }
    fs::remove_all(written);
    return snapshot;
}

fs::path FakeLibrary::addLmStudioModel(const std::string &name)
{
    writeModel(lmStudio() / name);
    return lmStudio() / name;
}

fs::path FakeLibrary::addGguf(const fs::path &file)
{
    write(file, ggufFile("llama"));
    return file;
}

fs::path FakeLibrary::addLmStudioGguf(const std::string &publisher, const std::string &model, const std::string &file)
{
    return addGguf(lmStudio() / publisher / model / file);
}

fs::path FakeLibrary::addOllamaModel(const std::string &manifest)
{
    const std::string hex = digest(++m_models);
    const std::string config = digest(++m_models);
    write(
        ollama() / "manifests" / manifest,
        R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"digest":"sha256:)" +
            config + R"(","size":2},"layers":[{"mediaType":"application/vnd.ollama.image.template","digest":"sha256:)" +
            config + R"(","size":2},{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + hex +
            R"(","size":64}]})");
    write(ollama() / "blobs" / ("sha256-" + config), "{}");
    return addGguf(ollama() / "blobs" / ("sha256-" + hex));
}

fs::path FakeLibrary::addGpt4AllGguf(const std::string &file)
{
    return addGguf(gpt4All() / file);
}

fs::path FakeLibrary::addLlamaCppGguf(const std::string &file)
{
    return addGguf(llamaCpp() / file);
}

fs::path FakeLibrary::addJanGguf(const std::string &model)
{
    write(jan() / "llamacpp/models" / model / "model.yml", "model_path: model.gguf\n");
    return addGguf(jan() / "llamacpp/models" / model / "model.gguf");
}

std::vector<std::string> FakeLibrary::fill500()
{
    std::vector<std::string> names;
    const auto numbered = [](const std::string &stem, int i) { return stem + std::to_string(i); };
    for (int i = 0; i < 60; ++i) {
        names.push_back(numbered("deepseek-ai/Links-", i));
        addHubModel(names.back());
        names.push_back(numbered("深度求索/普通文件 ", i));
        addHubModel(names.back(), Snapshot::PlainFiles);
        names.push_back(numbered("someone/Shared-🌊-", i));
        addHubModel(names.back(), Snapshot::SharedBlobs);
        names.push_back(numbered("模型 🐳 ", i));
        addLmStudioModel("出版者/" + names.back());
    }
    for (int i = 0; i < 52; ++i) {
        names.push_back(numbered("Distill Q4_K_M ", i));
        addLmStudioGguf("publisher with space", numbered("Distill-GGUF-", i), names.back() + ".gguf");
        const std::string tag = std::to_string(i) + "b";
        names.push_back("deepseek-r1:" + tag);
        addOllamaModel("registry.ollama.ai/library/deepseek-r1/" + tag);
        names.push_back(numbered("gpt4all-", i));
        addGpt4AllGguf(names.back() + ".gguf");
        names.push_back(numbered("llama.cpp_", i));
        addLlamaCppGguf(names.back() + ".gguf");
        names.push_back(numbered("jan-模型-", i));
        addJanGguf(names.back());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> traces(const fs::path &root)
{
    std::vector<std::string> lines;
    const auto add = [&lines](const fs::path &path) {
        struct stat info = {};
        ::lstat(path.c_str(), &info);
        const auto time = [](const timespec &at) {
            return std::to_string(at.tv_sec) + '.' + std::to_string(at.tv_nsec) + ' ';
        };
        const std::string link = S_ISLNK(info.st_mode) ? fs::read_symlink(path).string() : std::string();
        // Those of links and folders change by this walk itself.
        const std::string accessed = S_ISREG(info.st_mode) ? time(info.st_atim) : std::string();
        lines.push_back(path.string() + ' ' + std::to_string(info.st_ino) + ' ' + std::to_string(info.st_size) + ' ' +
                        std::to_string(info.st_nlink) + ' ' + std::to_string(info.st_mode) + ' ' + time(info.st_mtim) +
                        time(info.st_ctim) + accessed + link);
    };
    add(root);
    for (const auto &entry : fs::recursive_directory_iterator(root))
        add(entry.path());
    std::sort(lines.begin(), lines.end());
    return lines;
}

} // namespace support
