#pragma once
// The tensors of a model folder: model.safetensors, or model.safetensors.index.json and its shards.

#include "engine/memory/mapped_file.h"
#include "engine/memory/tensor.h"
#include "engine/model/load_watch.h"

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace engine::model {

class ModelFolder;

/// Maps every shard; nothing is copied or converted. The tensors point into the mappings and live as long as the
/// Checkpoint does, also when it is moved. Their data has no alignment guarantee (see memory::Tensor).
/// const methods may be called from any thread.
class Checkpoint {
public:
    /// Throws Error FileMissing, FileUnreadable, FileTruncated (with the number of missing bytes) or FileMalformed,
    /// each naming the file and the tensor, key or offset; TensorMissing or TensorUnexpected when index and shards
    /// disagree; UnsupportedFeature for an element type the engine does not read; Cancelled when `watch` is stopped,
    /// which is looked at while headers are read and later in tensor() and fingerprint(), so that all can be ended.
    explicit Checkpoint(std::string folder, LoadWatch watch = {});

    bool contains(const std::string &name) const { return m_tensors.contains(name); }
    const memory::Tensor &tensor(const std::string &name) const; ///< throws TensorMissing; Cancelled
    /// Path of the file that holds `name`, for messages; the folder when there is no such tensor.
    const std::string &fileOf(const std::string &name) const;
    std::vector<std::string> names() const; ///< sorted
    std::size_t size() const { return m_tensors.size(); }

    std::uint64_t totalBytes() const { return m_totalBytes; } ///< of all tensors
    const std::string &folder() const { return m_folder; }    ///< as given
    const LoadWatch &watch() const { return m_watch; }

    /// SHA-256 (64 hex digits) over config.json and, of every shard, its size, its header and 64 samples of 64 bytes
    /// spread over its data, so that two models of the same shape differ. Throws what reading config.json throws.
    std::string fingerprint() const;

    /// Throws FileChanged naming the first shard that shrank or was written to since it was opened. Two fstat per
    /// shard.
    void throwIfChanged() const;

    /// While it lives, reading a small tensor here and there does not drag its neighbours in: the 46,000 scales of V3
    /// are 164 MB, with the kernel's usual read-ahead they would be 6 GB.
    class ScatteredReads {
    public:
        explicit ScatteredReads(const Checkpoint &checkpoint);
        ~ScatteredReads();
        ScatteredReads(const ScatteredReads &) = delete;
        ScatteredReads &operator=(const ScatteredReads &) = delete;

    private:
        const Checkpoint &m_checkpoint;
    };

private:
    struct Entry {
        memory::Tensor tensor;
        std::size_t shard = 0;
    };
    struct Shard {
        memory::MappedFile file;
        std::uint64_t headerBytes = 0; ///< with the 8 length bytes
    };
    /// Small pieces spread over the data.
    static std::vector<std::span<const std::byte>> samplesOf(const Shard &shard);
    void addShard(const ModelFolder &folder, const std::string &name);
    void openSharded(const ModelFolder &folder);

    std::string m_folder;
    LoadWatch m_watch;
    std::vector<Shard> m_shards;
    std::unordered_map<std::string, Entry> m_tensors;
    std::uint64_t m_totalBytes = 0;
};

} // namespace engine::model
