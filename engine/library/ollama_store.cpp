// The store of Ollama: a manifest for each model and tag names the blobs it is made of; the one of type
// application/vnd.ollama.image.model is a GGUF file.

#include "engine/error.h"
#include "engine/library/candidate.h"
#include "engine/model/json_reader.h"
#include "engine/model/model_folder.h"

#include <algorithm>

namespace engine::library {

namespace {

constexpr std::uint64_t longestManifest = std::uint64_t{1} << 20;
constexpr int manifestDepth = 4; // host, namespace, model, tag

/// Hugging Face's hub is a host like Ollama's own: only the usual one goes without saying.
std::string nameOf(const std::vector<std::string> &place)
{
    std::string name;
    for (std::size_t i = 0; i + 1 < place.size(); ++i) {
        const bool usual = (i == 0 && place[i] == "registry.ollama.ai") || (i == 1 && place[i] == "library");
        if (!usual)
            name += (name.empty() ? "" : "/") + place[i];
    }
    return name + ':' + place.back();
}

/// "sha256:<64 hex digits>" → "sha256-<64 hex digits>"; else empty, as the name becomes part of a path.
std::string blobName(const std::string &digest)
{
    constexpr std::string_view prefix = "sha256:";
    if (!digest.starts_with(prefix) || digest.size() != prefix.size() + 64)
        return {};
    const std::string hex = digest.substr(prefix.size());
    const bool valid =
        std::all_of(hex.begin(), hex.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return valid ? "sha256-" + hex : std::string();
}

class Store {
public:
    Store(std::string path, const Search &search) : m_path(std::move(path)), m_search(search)
    {
        m_blobsFolder = joined(m_path, "blobs");
        try {
            m_blobs = listFolder(m_blobsFolder);
        } catch (const Error &) {
            m_blobs.clear(); // each manifest then says which blob is missing
        }
    }

    void searchManifests(const std::string &folder, std::vector<std::string> &place)
    {
        std::vector<FolderItem> items;
        try {
            items = listFolder(folder);
        } catch (const Error &) {
            return; // nobody's model is known by name yet
        }
        for (const FolderItem &item : items) {
            if (m_search.stop.stop_requested())
                return;
            place.push_back(item.name);
            if (item.isFile() && place.size() == manifestDepth)
                m_search.found(candidateOf(folder, item, nameOf(place)));
            else if (item.isFolder() && place.size() < manifestDepth)
                searchManifests(joined(folder, item.name), place);
            place.pop_back();
        }
    }

private:
    Candidate candidateOf(const std::string &folder, const FolderItem &manifest, const std::string &name) const
    {
        Candidate candidate{joined(folder, manifest.name), name, ModelFormat::Gguf, {manifest.identity}, 0, {}, {}};
        try {
            fill(candidate, modelDigest(folder, manifest.name));
        } catch (const Error &error) {
            candidate.failure = Failure{error.code(), error.file(), error.field(), error.what()};
        }
        return candidate;
    }

    /// Of the layer with the weights.
    static std::string modelDigest(const std::string &folder, const std::string &name)
    {
        const model::ModelFolder files(folder);
        const nlohmann::json manifest = model::readJsonFile(files, name, longestManifest);
        const std::string file = files.fileName(name);
        const auto layers = manifest.is_object() ? manifest.find("layers") : manifest.end();
        if (!manifest.is_object() || layers == manifest.end() || !layers->is_array())
            throw Error(ErrorCode::FileMalformed, file, "layers", file + ": the manifest lists no layers.");
        for (const nlohmann::json &layer : *layers) {
            if (layer.is_object() &&
                layer.value("/mediaType"_json_pointer, nlohmann::json()) == "application/vnd.ollama.image.model") {
                const nlohmann::json digest = layer.value("/digest"_json_pointer, nlohmann::json());
                return digest.is_string() ? digest.get<std::string>() : std::string();
            }
        }
        throw Error(ErrorCode::UnsupportedFeature, file, "layers",
                    file + ": none of the layers is a GGUF file, the only kind of Ollama's models that is supported.");
    }

    void fill(Candidate &candidate, const std::string &digest) const
    {
        const std::string name = blobName(digest);
        if (name.empty())
            throw Error(ErrorCode::FileMalformed, candidate.path, "layers",
                        candidate.path + ": layers: the name of the blob with the weights is not one of Ollama's.");
        const std::string manifest = std::exchange(candidate.path, joined(m_blobsFolder, name));
        const FolderItem *blob = findItem(m_blobs, name);
        if (blob != nullptr && blob->isFile()) {
            candidate.identity = {blob->identity};
            candidate.bytes = blob->bytes;
            return;
        }
        const bool begun = std::any_of(m_blobs.begin(), m_blobs.end(),
                                       [&](const auto &item) { return item.name.starts_with(name + "-partial"); });
        throw Error(ErrorCode::FileMissing, candidate.path, {},
                    candidate.path + (begun ? ": the download has not finished; let Ollama go on."
                                            : ": is missing, though " + manifest + " names it."));
    }

    std::string m_path;
    const Search &m_search;
    std::string m_blobsFolder;
    std::vector<FolderItem> m_blobs;
};

} // namespace

bool isOllamaStore(const std::vector<FolderItem> &items)
{
    const FolderItem *manifests = findItem(items, "manifests");
    const FolderItem *blobs = findItem(items, "blobs");
    return manifests != nullptr && manifests->isFolder() && blobs != nullptr && blobs->isFolder();
}

void searchOllamaStore(const std::string &store, const Search &search)
{
    std::vector<std::string> place;
    Store(store, search).searchManifests(joined(store, "manifests"), place);
}

} // namespace engine::library
