#pragma once
// What the layouts of the other programs find: something that is, or was meant to be, one model.

#include "engine/library/folder_listing.h"
#include "engine/model_library.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace engine::model {
struct ModelConfig;
}

namespace engine::library {

struct Candidate {
    std::string path;
    std::string name;
    ModelFormat format = ModelFormat::Safetensors;
    std::vector<FileIdentity> identity; ///< of the files that make it this model
    std::uint64_t bytes = 0;            ///< of its weight files
    std::optional<Failure> failure;     ///< already known from the names alone
    std::string unfinished;             ///< a file of a download that has not ended, in the same place
};

struct Search {
    std::stop_token stop;
    std::function<void(Candidate)> found;
};

/// A folder in the Hugging Face layout: config.json, weights beside it. Nothing where `items` are no model.
std::optional<Candidate> candidateInFolder(const std::string &folder, const std::string &name,
                                           const std::vector<FolderItem> &items);

/// Each .gguf file of a folder, a split one once. `nameOf` makes the name shown from a file name without ".gguf".
void findGgufFiles(const std::string &folder, const std::vector<FolderItem> &items,
                   const std::function<std::string(const std::string &stem)> &nameOf, const Search &search);

/// A repository of the hub cache, models--ORG--NAME: the snapshot that its main branch points to, else the newest.
/// Snapshots are links to blobs, or plain files where links are not possible.
void searchHubRepository(const std::string &repository, const Search &search);
bool isHubRepository(const std::string &folderName);

/// manifests/HOST/NAMESPACE/MODEL/TAG and the blobs they name.
void searchOllamaStore(const std::string &store, const Search &search);
bool isOllamaStore(const std::vector<FolderItem> &items);

/// A folder and what lies below it, some levels deep; what looks like a hub cache or a store of Ollama is read as that.
/// False when there were more folders than are looked at. Throws listFolder's errors for `root` alone.
bool searchTree(const std::string &root, const Search &search);

/// Opens what was found, as far as its headers, and says why it cannot be opened. Never throws Error.
struct Description {
    std::uint64_t availableBytes = 0;
    int threads = 0;
    std::shared_ptr<Devices> devices; ///< never null
    DeviceInfo gpu;                   ///< the first that runs models; without id: none
    std::stop_token stop;
};
/// What the model takes, as far as the config tells. `deviceExcessBytes`: of the weights, on a device.
void planModel(ModelEntry &entry, const model::ModelConfig &config, std::uint64_t weightBytes,
               std::uint64_t deviceExcessBytes, const Description &with);
ModelEntry describe(const Candidate &candidate, const Description &with);

} // namespace engine::library
