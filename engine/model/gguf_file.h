#pragma once
// A model in GGUF: one file, or all parts of a split one.

#include "engine/memory/mapped_file.h"
#include "engine/memory/tensor.h"
#include "engine/model/gguf_header.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace engine::model {

/// Metadata are those of the first part, tensors those of all. const methods may be called from any thread.
class GgufFile {
public:
    /// Opens and checks the headers; maps nothing yet. `path` names the file, or any part of it when its name ends in
    /// -00002-of-00005.gguf. Throws what readGgufHeader throws; FileMissing naming every part that is not there;
    /// FileMalformed when parts do not belong together or hold a tensor twice; Cancelled when `stop` was requested.
    explicit GgufFile(std::string path, std::stop_token stop = {});

    void map(); ///< before tensor()

    const std::string &path() const { return m_path; }                 ///< as given
    const std::string &name() const { return m_parts[0].file.name(); } ///< of the file with the metadata, for messages
    std::string modelName() const; ///< the file's name without .gguf and -00001-of-00005

    /// Nullptr: the file does not say.
    const GgufValue *find(const std::string &key) const;
    /// The text at `key`, which is one. Throws FileMalformed when it is longer than `maxBytes`.
    std::string text(const std::string &key, const GgufValue &value, std::uint64_t maxBytes) const;
    /// The elements of the list of texts at `key` in order; the views are valid during the call. Throws FileMalformed
    /// when the list has more than `maxBytes`.
    void eachText(const std::string &key, const GgufValue &list, std::uint64_t maxBytes,
                  const std::function<void(std::uint64_t index, std::string_view text)> &use) const;
    /// The elements of a list of numbers, as they are stored.
    std::vector<std::byte> elements(const std::string &key, const GgufValue &list, std::uint64_t maxBytes) const;

    bool contains(const std::string &name) const { return m_tensors.contains(name); }
    const GgufTensorInfo *info(const std::string &name) const; ///< nullptr: there is no such tensor
    /// Throws TensorMissing; UnsupportedFeature for a type the engine does not compute with; Cancelled when stopped.
    memory::Tensor tensor(const std::string &name) const;
    /// Throws UnsupportedFeature when the engine does not compute with the type of the tensor, which is there.
    void requireReadable(const std::string &name) const;
    /// The `count` numbers of a small tensor of F32, read without a mapping. Throws TensorMismatch for any other.
    std::vector<float> numbers(const std::string &name, std::uint64_t count) const;
    const std::string &fileOf(const std::string &name) const; ///< for messages; name() when there is no such tensor
    std::vector<std::string> names() const;                   ///< of the tensors, sorted

    std::uint64_t totalBytes() const { return m_totalBytes; } ///< of all tensors

    /// SHA-256 (64 hex digits) over, of every part, its size, its header and 64 samples of 64 bytes spread over its
    /// data. Needs map().
    std::string fingerprint() const;
    /// Throws FileChanged naming the first part that shrank or was written to since it was opened.
    void throwIfChanged() const;
    void expect(memory::MappedFile::Access access) const noexcept;

private:
    struct Part {
        memory::MappedFile file;
        GgufHeader header;
    };
    struct Place {
        std::size_t part = 0;
        std::size_t index = 0; ///< in the part's tensors
    };
    void openParts();
    void openPart(memory::MappedFile file);
    void indexTensors();

    std::string m_path;
    std::stop_token m_stop;
    std::vector<Part> m_parts;
    std::unordered_map<std::string, Place> m_tensors;
    std::uint64_t m_totalBytes = 0;
};

/// A whole number of any integer type that fits, or nothing.
std::optional<std::int64_t> ggufInteger(const GgufValue &value);

} // namespace engine::model
