#pragma once
// What lies in a folder, without a trace of having looked: access times stay as they were where the system allows it.

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace engine::library {

/// The file itself, whatever name or link leads to it.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;

    auto operator<=>(const FileIdentity &) const = default;
};

struct FolderItem {
    enum class Kind { File, Folder, BrokenLink, Other };
    std::string name;
    Kind kind = Kind::Other; ///< of what a link leads to
    FileIdentity identity;
    std::uint64_t bytes = 0;
    std::int64_t modified = 0; ///< seconds

    bool isFile() const { return kind == Kind::File; }
    bool isFolder() const { return kind == Kind::Folder; }
};

/// By name. Throws Error FileMissing, or FileUnreadable when it is no folder or may not be read.
std::vector<FolderItem> listFolder(const std::string &path);

/// Nothing of that name: null.
const FolderItem *findItem(const std::vector<FolderItem> &items, const std::string &name);

std::string joined(const std::string &folder, const std::string &name);

} // namespace engine::library
