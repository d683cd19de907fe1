#include "tests/fuzz/memory_folder.h"

#include <fstream>
#include <stdexcept>
#include <stdlib.h>

namespace fuzz {

namespace fs = std::filesystem;

MemoryFolder::MemoryFolder()
{
    std::error_code error;
    const fs::path memory = "/dev/shm";
    const fs::path parent = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
    std::string pattern = (parent / "bathyscope-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("cannot create " + pattern);
    }
    m_path = pattern;
}

MemoryFolder::~MemoryFolder()
{
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

void MemoryFolder::write(const std::string &name, std::string_view bytes)
{
    const auto known = m_files.find(name);
    if (known != m_files.end() && known->second == bytes) {
        return;
    }
    std::ofstream file(m_path / name, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + name);
    }
    m_files[name] = bytes;
}

void MemoryFolder::remove(const std::string &name)
{
    if (m_files.erase(name) != 0) {
        fs::remove(m_path / name);
    }
}

} // namespace fuzz
