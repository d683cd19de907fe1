#pragma once
// Writes GGUF files, also wrong ones.

#include "engine/memory/dtype.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// The bytes of a number, little endian.
template <typename T>
std::string ggufNumber(T value)
{
    return {reinterpret_cast<const char *>(&value), sizeof value};
}
std::string ggufText(std::string_view text); ///< u64 length and the bytes

/// Entries and tensors stand in the file in the order of the calls.
class GgufWriter {
public:
    std::uint32_t version = 3;
    std::uint64_t alignment = 32; ///< of the data; general.alignment is written by the test that wants it
    std::uint64_t entryCount() const { return m_entries.size(); }

    void u32(const std::string &key, std::uint32_t value);
    void u16(const std::string &key, std::uint16_t value);
    void f32(const std::string &key, float value);
    void boolean(const std::string &key, bool value);
    void text(const std::string &key, std::string_view value);
    void texts(const std::string &key, const std::vector<std::string> &values);
    void i32s(const std::string &key, const std::vector<std::int32_t> &values);
    void raw(const std::string &key, std::uint32_t type, const std::string &bytes); ///< the value as it is
    void remove(const std::string &key);                                            ///< an entry, if it is there
    bool has(const std::string &key) const;

    /// `shape` with the outermost dimension first, as memory::Tensor has it.
    void tensor(const std::string &name, std::vector<std::uint64_t> shape, std::uint32_t type, std::string bytes);
    void tensor(const std::string &name, std::vector<std::uint64_t> shape, const std::string &type, std::string bytes);

    struct Tensor {
        std::string name;
        std::vector<std::uint64_t> shape;
        std::uint32_t type = 0;
        std::string bytes;
        std::uint64_t shift = 0; ///< added to the offset in the header, to make a wrong one
    };
    std::vector<Tensor> tensors;
    Tensor &find(const std::string &name); ///< throws when there is none

    std::string header() const; ///< up to the last tensor description
    std::string file() const;
    void write(const std::filesystem::path &path) const;

private:
    struct Entry {
        std::string key;
        std::uint32_t type = 0;
        std::string bytes;
    };
    std::vector<Entry> m_entries;
};

} // namespace support
