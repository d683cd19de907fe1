#include "engine/model/model_folder.h"

#include "engine/error.h"
#include "engine/model/detail/message.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace engine::model {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void failUnreadable(const std::string &file, const std::string &why)
{
    throw Error(ErrorCode::FileUnreadable, file, {}, file + ": cannot be read (" + why + ").");
}

/// The hub cache keeps a model as models--ORG--NAME/{blobs,snapshots/<commit>}; links of a snapshot point to blobs, and
/// these may be links again, to the blobs beside models--ORG--NAME that repositories share.
std::vector<std::string> linkRoots(const fs::path &folder)
{
    for (fs::path at = folder; at.has_relative_path(); at = at.parent_path()) {
        if (at.filename() == "snapshots" && at.parent_path().filename().string().starts_with("models--")) {
            const fs::path repository = at.parent_path();
            return {repository.string(), (repository.parent_path() / "blobs").string()};
        }
    }
    return {folder.string()};
}

bool isInside(const fs::path &path, const fs::path &root)
{
    return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

bool isPlainName(const std::string &name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

} // namespace

ModelFolder::ModelFolder(std::string path, LoadWatch watch) : m_path(std::move(path)), m_watch(std::move(watch))
{
    if (m_path.empty()) {
        throw Error(ErrorCode::FileMissing, {}, {}, "No model folder was named.");
    }
    std::error_code error;
    const fs::path folder = fs::canonical(m_path, error);
    if (error == std::errc::no_such_file_or_directory) {
        throw Error(ErrorCode::FileMissing, m_path, {}, m_path + ": there is no such folder.");
    }
    if (error) {
        failUnreadable(m_path, error.message());
    }
    if (!fs::is_directory(folder, error)) {
        failUnreadable(m_path, "it is not a folder");
    }
    m_roots = linkRoots(folder);
}

std::string ModelFolder::fileName(const std::string &name) const
{
    return (m_path.ends_with('/') ? m_path : m_path + "/") + printable(name);
}

bool ModelFolder::contains(const std::string &name) const
{
    std::error_code error;
    return isPlainName(name) && fs::exists(fs::symlink_status(fs::path(m_path) / name, error));
}

std::vector<std::string> ModelFolder::names() const
{
    std::error_code error;
    std::vector<std::string> found;
    for (fs::directory_iterator at(m_path, error), end; !error && at != end; at.increment(error)) {
        found.push_back(at->path().filename().string());
    }
    if (error) {
        failUnreadable(m_path, error.message());
    }
    std::sort(found.begin(), found.end());
    return found;
}

memory::MappedFile ModelFolder::open(const std::string &name) const
{
    const std::string shown = fileName(name);
    if (!isPlainName(name)) {
        throw Error(ErrorCode::FileMalformed, shown, {},
                    shown + ": '" + printable(name) + "' is not the name of a file in the model folder.");
    }
    const fs::path path = fs::path(m_path) / name;
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(path, error))) {
        return {path.string(), shown};
    }
    const fs::path target = fs::canonical(path, error);
    if (error == std::errc::no_such_file_or_directory) {
        throw Error(ErrorCode::FileMissing, shown, {}, shown + ": is a link to a file that does not exist.");
    }
    if (error) {
        failUnreadable(shown, error.message());
    }
    if (std::none_of(m_roots.begin(), m_roots.end(), [&](const auto &root) { return isInside(target, root); })) {
        throw Error(ErrorCode::FileMalformed, shown, {},
                    shown + ": is a link that leaves the model folder; files must stay inside it.");
    }
    return {target.string(), shown};
}

std::string ModelFolder::readText(const std::string &name, std::uint64_t maxBytes) const
{
    const memory::MappedFile file = open(name);
    if (file.size() > maxBytes) {
        throw Error(ErrorCode::FileMalformed, file.name(), {},
                    file.name() + ": has " + grouped(file.size()) + " bytes, more than the " + grouped(maxBytes) +
                        " such a file may have.");
    }
    std::string text(file.size(), '\0');
    readWatched(file, 0, std::as_writable_bytes(std::span(text)), m_watch);
    return text;
}

} // namespace engine::model
