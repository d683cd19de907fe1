#pragma once
// A model folder in the Hugging Face layout, and the rule which files in it may be opened.

#include "engine/memory/mapped_file.h"
#include "engine/model/load_watch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine::model {

/// File names come from untrusted files (the index), so only plain names in the folder are opened. A symbolic
/// link is followed when its target stays inside the folder or, as in the hub cache (snapshots/<commit>/x →
/// ../../blobs/<hash>), inside the same models--* directory or the blobs that repositories share beside it. Not
/// thread-safe against renames in the folder by someone with write access to it.
class ModelFolder {
public:
    /// Throws Error FileMissing or FileUnreadable when `path` is not a folder that can be read.
    explicit ModelFolder(std::string path, LoadWatch watch = {});

    const std::string &path() const { return m_path; } ///< as given
    const LoadWatch &watch() const { return m_watch; }
    std::string fileName(const std::string &name) const; ///< path()/name, what errors show
    bool contains(const std::string &name) const;        ///< an entry of that name exists (of any kind)
    std::vector<std::string> names() const;              ///< sorted names of all entries

    /// Throws FileMissing, FileUnreadable (not regular, permissions) or FileMalformed (the name or link leaves the
    /// folder).
    memory::MappedFile open(const std::string &name) const;

    /// The whole file; throws what open() throws, FileMalformed when it is larger than `maxBytes`, and Cancelled.
    std::string readText(const std::string &name, std::uint64_t maxBytes) const;

private:
    std::string m_path;
    LoadWatch m_watch;
    std::vector<std::string> m_roots; ///< canonical directories that links may not leave
};

} // namespace engine::model
