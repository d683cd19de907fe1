#include "engine/library/folder_listing.h"

#include "engine/error.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace engine::library {

namespace {

struct CloseFolder {
    void operator()(DIR *folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

[[noreturn]] void fail(const std::string &path, int errorNumber)
{
    if (errorNumber == ENOENT)
        throw Error(ErrorCode::FileMissing, path, {}, path + ": there is no such folder.");
    throw Error(ErrorCode::FileUnreadable, path, {},
                path + ": cannot be read (" + std::system_category().message(errorNumber) + ").");
}

OpenFolder open(const std::string &path)
{
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
    int fd = ::open(path.c_str(), flags | O_NOATIME);
    if (fd < 0 && errno == EPERM) // somebody else's
        fd = ::open(path.c_str(), flags);
    if (fd < 0)
        fail(path, errno);
    OpenFolder folder(::fdopendir(fd));
    if (!folder) {
        const int why = errno;
        ::close(fd);
        fail(path, why);
    }
    return folder;
}

FolderItem itemOf(int folder, const char *name)
{
    FolderItem item;
    item.name = name;
    struct stat info = {};
    if (::fstatat(folder, name, &info, 0) != 0) {
        item.kind = errno == ENOENT || errno == ELOOP ? FolderItem::Kind::BrokenLink : FolderItem::Kind::Other;
        return item;
    }
    item.kind = S_ISREG(info.st_mode)   ? FolderItem::Kind::File
                : S_ISDIR(info.st_mode) ? FolderItem::Kind::Folder
                                        : FolderItem::Kind::Other;
    item.identity = {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
    item.bytes = static_cast<std::uint64_t>(info.st_size);
    item.modified = info.st_mtim.tv_sec;
    return item;
}

} // namespace

std::vector<FolderItem> listFolder(const std::string &path)
{
    const OpenFolder folder = open(path);
    std::vector<FolderItem> items;
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(folder.get());
        if (entry == nullptr && errno != 0)
            fail(path, errno);
        if (entry == nullptr)
            break;
        const std::string name = entry->d_name;
        if (name != "." && name != "..")
            items.push_back(itemOf(::dirfd(folder.get()), entry->d_name));
    }
    std::sort(items.begin(), items.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
    return items;
}

const FolderItem *findItem(const std::vector<FolderItem> &items, const std::string &name)
{
    const auto at =
        std::lower_bound(items.begin(), items.end(), name,
                         [](const FolderItem &item, const std::string &wanted) { return item.name < wanted; });
    return at != items.end() && at->name == name ? &*at : nullptr;
}

std::string joined(const std::string &folder, const std::string &name)
{
    return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

} // namespace engine::library
