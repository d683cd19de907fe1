// A folder of which nothing is known but that models lie in it: the user's own, or that of a program which keeps plain
// files (LM Studio, GPT4All, llama.cpp, Jan).

#include "engine/error.h"
#include "engine/library/candidate.h"

#include <set>

namespace engine::library {

namespace {

constexpr int deepest = 6;
constexpr int mostFolders = 20'000; // somebody may have chosen "/"

class Tree {
public:
    explicit Tree(const Search &search) : m_search(search) {}

    void searchRoot(const std::string &root)
    {
        const auto items = listFolder(root);
        isHubRepository(nameOf(root)) ? searchHubRepository(root, m_search) : searchFolder(root, items, 0);
    }
    bool cutShort() const { return m_folders > mostFolders; }

private:
    void searchFolder(const std::string &folder, const std::vector<FolderItem> &items, int depth)
    {
        if (isOllamaStore(items))
            return searchOllamaStore(folder, m_search);
        const auto model = candidateInFolder(folder, nameOf(folder), items);
        if (model)
            m_search.found(*model);
        findGgufFiles(
            folder, items, [&](const std::string &stem) { return ggufName(folder, stem); }, m_search);
        if (model || depth >= deepest)
            return; // what lies below a model belongs to it
        for (const FolderItem &item : items) {
            if (m_search.stop.stop_requested() || cutShort())
                return;
            if (item.isFolder() && !isPassedBy(item.name))
                enter(joined(folder, item.name), item, depth + 1);
        }
    }

    void enter(const std::string &folder, const FolderItem &item, int depth)
    {
        if (!m_seen.insert(item.identity).second || ++m_folders > mostFolders)
            return; // a link back, or another way to the same folder
        if (isHubRepository(item.name))
            return searchHubRepository(folder, m_search);
        try {
            searchFolder(folder, listFolder(folder), depth);
        } catch (const Error &) {
            return; // a folder that may not be read, among others that may
        }
    }

    /// Hidden folders, and what the hub cache keeps beside its models.
    static bool isPassedBy(const std::string &name)
    {
        return name.starts_with('.') || name == "blobs" || name.starts_with("datasets--") ||
               name.starts_with("spaces--");
    }

    static std::string nameOf(const std::string &folder) { return folder.substr(folder.find_last_of('/') + 1); }

    /// Jan calls every file "model.gguf".
    static std::string ggufName(const std::string &folder, const std::string &stem)
    {
        return stem == "model" ? nameOf(folder) : stem;
    }

    const Search &m_search;
    std::set<FileIdentity> m_seen;
    int m_folders = 0;
};

} // namespace

bool searchTree(const std::string &root, const Search &search)
{
    Tree tree(search);
    tree.searchRoot(root);
    return !tree.cutShort();
}

} // namespace engine::library
