// The cache of Hugging Face: models--ORG--NAME/{blobs,refs,snapshots/<commit>}.

#include "engine/error.h"
#include "engine/library/candidate.h"
#include "engine/model/model_folder.h"

#include <algorithm>

namespace engine::library {

namespace {

constexpr std::string_view prefix = "models--";

/// "models--deepseek-ai--DeepSeek-V2-Lite" → "deepseek-ai/DeepSeek-V2-Lite"
std::string repositoryName(const std::string &folderName)
{
    std::string name;
    for (std::size_t at = prefix.size(); at < folderName.size(); ++at) {
        const bool separator = folderName.compare(at, 2, "--") == 0;
        name += separator ? '/' : folderName[at];
        at += separator ? 1 : 0;
    }
    return name;
}

std::vector<FolderItem> itemsOf(const std::string &folder)
{
    try {
        return listFolder(folder);
    } catch (const Error &) {
        return {}; // not there, or not for us: the snapshot then says what is missing
    }
}

/// The commit that `refs/main` names; empty if it does not.
std::string mainCommit(const std::string &repository)
{
    constexpr std::uint64_t longest = 256;
    try {
        std::string commit = model::ModelFolder(joined(repository, "refs")).readText("main", longest);
        while (!commit.empty() && (commit.back() == '\n' || commit.back() == '\r' || commit.back() == ' '))
            commit.pop_back();
        return commit;
    } catch (const Error &) {
        return {};
    }
}

const FolderItem *currentSnapshot(const std::vector<FolderItem> &snapshots, const std::string &commit)
{
    const FolderItem *newest = nullptr;
    for (const FolderItem &item : snapshots) {
        if (!item.isFolder())
            continue;
        if (item.name == commit)
            return &item;
        if (newest == nullptr || item.modified > newest->modified)
            newest = &item;
    }
    return newest;
}

const FolderItem *unfinishedBlob(const std::vector<FolderItem> &blobs)
{
    const auto at = std::find_if(blobs.begin(), blobs.end(),
                                 [](const FolderItem &item) { return item.name.ends_with(".incomplete"); });
    return at == blobs.end() ? nullptr : &*at;
}

std::string folderNameOf(const std::string &path)
{
    return path.substr(path.find_last_of('/') + 1);
}

} // namespace

bool isHubRepository(const std::string &folderName)
{
    return folderName.starts_with(prefix) && folderName.size() > prefix.size();
}

void searchHubRepository(const std::string &repository, const Search &search)
{
    const std::string name = repositoryName(folderNameOf(repository));
    const std::string blobsFolder = joined(repository, "blobs");
    const auto blobs = itemsOf(blobsFolder);
    const FolderItem *unfinished = unfinishedBlob(blobs);
    const std::string unfinishedFile = unfinished != nullptr ? joined(blobsFolder, unfinished->name) : std::string();
    const std::string snapshotsFolder = joined(repository, "snapshots");
    const auto snapshots = itemsOf(snapshotsFolder);
    const FolderItem *snapshot = currentSnapshot(snapshots, mainCommit(repository));
    const std::string folder = snapshot != nullptr ? joined(snapshotsFolder, snapshot->name) : repository;
    const auto items = snapshot != nullptr ? itemsOf(folder) : std::vector<FolderItem>();

    bool found = false;
    if (auto candidate = candidateInFolder(folder, name, items)) {
        candidate->unfinished = unfinishedFile;
        search.found(std::move(*candidate));
        found = true;
    }
    const Search gguf{search.stop, [&](Candidate candidate) {
                          candidate.unfinished = unfinishedFile;
                          search.found(std::move(candidate));
                          found = true;
                      }};
    findGgufFiles(
        folder, items, [&](const std::string &stem) { return name + '/' + stem; }, gguf);
    if (!found && unfinished != nullptr)
        search.found({folder,
                      name,
                      ModelFormat::Safetensors,
                      {unfinished->identity},
                      unfinished->bytes,
                      Failure{ErrorCode::FileTruncated,
                              unfinishedFile,
                              {},
                              unfinishedFile + ": the download has not finished; let the program that began it go on."},
                      {}});
}

} // namespace engine::library
