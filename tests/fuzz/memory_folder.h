#pragma once
// A folder in memory whose files are rewritten for every input.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace fuzz {

/// Lives in /dev/shm where there is one: half a million inputs are no work for a disk.
class MemoryFolder {
public:
    MemoryFolder();
    ~MemoryFolder();
    MemoryFolder(const MemoryFolder &) = delete;
    MemoryFolder &operator=(const MemoryFolder &) = delete;

    std::string path() const { return m_path.string(); }
    void write(const std::string &name, std::string_view bytes); ///< what is there already is not written again
    void remove(const std::string &name);

private:
    std::filesystem::path m_path;
    std::map<std::string, std::string> m_files;
};

} // namespace fuzz
