// Which files of a folder are a model.

#include "engine/error.h"
#include "engine/library/candidate.h"
#include "engine/model/gguf_split.h"

#include <algorithm>
#include <array>
#include <map>

namespace engine::library {

namespace {

constexpr const char *indexName = "model.safetensors.index.json";

bool endsIn(const std::string &name, const char *suffix)
{
    return name.ends_with(suffix);
}

/// Weights of other kinds, whose folder is listed with the reason.
bool isOtherWeightFile(const std::string &name)
{
    return endsIn(name, ".bin") || endsIn(name, ".pth") || endsIn(name, ".pt");
}

Failure failure(ErrorCode code, const std::string &file, const std::string &sentence)
{
    return {code, file, {}, sentence};
}

struct SplitFile {
    std::map<int, const FolderItem *> parts;
    int count = 1;
};

/// An unfinished download by the way the programs call theirs; the name it will have, else empty.
std::string unfinishedGguf(const std::string &name)
{
    constexpr std::array suffixes = {".gguf.part", ".gguf.incomplete", ".gguf.downloadInProgress", ".gguf.tmp"};
    constexpr std::string_view prefix = "incomplete-";
    for (const std::string_view suffix : suffixes) {
        if (name.ends_with(suffix))
            return name.substr(0, name.size() - suffix.size() + std::string_view(".gguf").size());
    }
    return name.starts_with(prefix) && name.ends_with(".gguf") ? name.substr(prefix.size()) : std::string();
}

Candidate splitCandidate(const std::string &folder, const std::string &stem, const SplitFile &file)
{
    Candidate candidate;
    candidate.format = ModelFormat::Gguf;
    candidate.path = joined(folder, file.parts.begin()->second->name);
    for (const auto &[number, item] : file.parts) {
        candidate.bytes += item->bytes;
        candidate.identity.push_back(item->identity);
    }
    for (int number = 1; number <= file.count; ++number) {
        if (file.parts.contains(number))
            continue;
        const std::string missing = joined(folder, model::GgufPartName{stem, number, file.count}.ofPart(number));
        candidate.failure = failure(ErrorCode::FileMissing, missing,
                                    missing + ": part " + std::to_string(number) + " of " + std::to_string(file.count) +
                                        " of this model is missing.");
        break;
    }
    return candidate;
}

} // namespace

std::optional<Candidate> candidateInFolder(const std::string &folder, const std::string &name,
                                           const std::vector<FolderItem> &items)
{
    Candidate candidate{folder, name, ModelFormat::Safetensors, {}, 0, {}, {}};
    const FolderItem *config = findItem(items, "config.json");
    bool safetensors = false;
    bool others = false;
    bool gguf = false;
    for (const FolderItem &item : items) {
        const bool weights = endsIn(item.name, ".safetensors") || item.name == indexName;
        const bool identifies =
            item.name == "config.json" || item.name == indexName || item.name == "model.safetensors";
        safetensors |= weights;
        others |= isOtherWeightFile(item.name);
        gguf |= endsIn(item.name, ".gguf");
        if (endsIn(item.name, ".safetensors") && item.isFile())
            candidate.bytes += item.bytes;
        if (identifies && item.isFile())
            candidate.identity.push_back(item.identity);
    }
    if (findItem(items, "adapter_config.json") != nullptr && config == nullptr) {
        candidate.failure = failure(ErrorCode::UnsupportedFeature, joined(folder, "adapter_config.json"),
                                    folder + ": is an adapter (LoRA) and no whole model; adapters are not supported.");
        candidate.identity.push_back(findItem(items, "adapter_config.json")->identity);
        return candidate;
    }
    const auto has = [&items](const char *file) { return findItem(items, file) != nullptr; };
    if (config == nullptr)
        return has(indexName) || has("model.safetensors") ? std::optional(candidate) : std::nullopt;
    // A folder of converted files may keep the config of the original, and other programs have a config.json, too.
    const bool expected = !gguf && (has("tokenizer.json") || has("tokenizer_config.json"));
    return safetensors || others || expected ? std::optional(candidate) : std::nullopt;
}

void findGgufFiles(const std::string &folder, const std::vector<FolderItem> &items,
                   const std::function<std::string(const std::string &stem)> &nameOf, const Search &search)
{
    std::map<std::pair<std::string, int>, SplitFile> files;
    for (const FolderItem &item : items) {
        const std::string wanted = unfinishedGguf(item.name);
        if (!wanted.empty() && item.isFile()) {
            const std::string path = joined(folder, item.name);
            search.found({path,
                          nameOf(wanted.substr(0, wanted.size() - 5)),
                          ModelFormat::Gguf,
                          {item.identity},
                          item.bytes,
                          failure(ErrorCode::FileTruncated, path,
                                  path + ": the download has not finished; let the program that began it go on."),
                          {}});
        } else if (endsIn(item.name, ".gguf") && !item.isFolder()) {
            const auto part = model::parseGgufPartName(item.name).value_or(
                model::GgufPartName{model::ggufModelName(item.name), 1, 1});
            SplitFile &file = files[{part.stem, part.count}];
            file.parts.emplace(part.number, &item);
            file.count = part.count;
        }
    }
    for (const auto &[key, file] : files) {
        Candidate candidate = splitCandidate(folder, key.first, file);
        candidate.name = nameOf(key.first);
        search.found(std::move(candidate));
    }
}

} // namespace engine::library
