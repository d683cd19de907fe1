#include "engine/model/model_files.h"

#include "engine/error.h"
#include "engine/model/detail/folder_files.h"
#include "engine/model/detail/gguf_files.h"
#include "engine/model/detail/message.h"
#include "engine/model/gguf_split.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace engine::model {

namespace fs = std::filesystem;

namespace {

/// The models a folder holds in GGUF, by name; the first file of each, or any if that one is not there.
std::map<std::string, std::string> ggufModels(const ModelFolder &folder)
{
    std::map<std::string, std::string> models;
    for (const std::string &name : folder.names()) {
        if (name.ends_with(".gguf") && !name.starts_with("mmproj")) {
            models.emplace(ggufModelName(name), name); // names are sorted
        }
    }
    return models;
}

/// The one model of a folder that has no config.json; empty when there is none in GGUF.
std::string onlyGguf(const ModelFolder &folder)
{
    const std::map<std::string, std::string> models = ggufModels(folder);
    if (models.empty()) {
        return {};
    }
    if (models.size() > 1) {
        std::vector<std::string> names;
        for (const auto &[model, file] : models) {
            names.push_back(file);
        }
        throw Error(ErrorCode::FileMissing, folder.path(), {},
                    folder.path() + ": holds " + grouped(names.size()) + " models in GGUF: " + upToFive(names) +
                        ". Open the file of one of them.");
    }
    return (fs::path(folder.path()) / models.begin()->second).string();
}

} // namespace

std::unique_ptr<ModelFiles> openModelFiles(const std::string &path, const LoadWatch &watch)
{
    std::error_code error;
    if (fs::is_regular_file(path, error)) {
        return std::make_unique<GgufFiles>(path, watch);
    }
    const ModelFolder folder(path);
    if (!folder.contains("config.json")) {
        const std::string file = onlyGguf(folder);
        if (!file.empty()) {
            return std::make_unique<GgufFiles>(file, watch);
        }
    }
    return std::make_unique<FolderFiles>(path, watch);
}

std::string typesByBytes(const std::vector<std::pair<std::string, std::uint64_t>> &bytesByType)
{
    std::vector<std::pair<std::uint64_t, std::string>> types;
    for (const auto &[type, bytes] : bytesByType) {
        types.emplace_back(bytes, type);
    }
    std::sort(types.rbegin(), types.rend());
    std::string text;
    for (const auto &[bytes, type] : types) {
        text += (text.empty() ? "" : " + ") + type;
    }
    return text;
}

} // namespace engine::model
