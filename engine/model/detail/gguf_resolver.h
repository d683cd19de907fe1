#pragma once
// Takes tensors out of a GGUF file by the engine's names and checks what it takes.

#include "engine/memory/buffer.h"
#include "engine/model/detail/gguf_names.h"
#include "engine/model/gguf_file.h"
#include "engine/model/model_config.h"
#include "engine/model/weights.h"

#include <string>
#include <unordered_set>
#include <vector>

namespace engine::model {

/// As TensorResolver for safetensors: missing tensors come back empty and are reported together by finish(). Throws
/// Error TensorMismatch, NonFinite, TensorMissing, TensorUnexpected, UnsupportedFeature.
class GgufResolver final : public TensorSource {
public:
    /// What has to be put together is stored in `made`.
    GgufResolver(const ModelConfig &config, const GgufFile &file, std::vector<memory::Buffer> &made);

    bool contains(const std::string &name) const override { return m_file.contains(ggufPlaceOf(name).name); }
    /// Vectors are F32, BF16 or F16; the embedding and the router may be quantized, too.
    memory::Tensor plain(const std::string &name, std::initializer_list<std::uint64_t> dims) override;
    Linear linear(const std::string &name, std::uint64_t rows, std::uint64_t cols) override;
    void refuse(const std::string &, const std::string &) const override {} ///< names of other formats

    void finish() const; ///< nothing may be missing or left over

private:
    memory::Tensor take(const GgufPlace &place, std::vector<std::uint64_t> dims);
    memory::Tensor takeExpert(const GgufPlace &place, std::uint64_t rows, std::uint64_t cols);
    memory::Tensor joinKeyValue(const std::string &joined, std::uint64_t rows, std::uint64_t cols);
    void scan(const std::string &name, const memory::Tensor &tensor);
    [[noreturn]] void failMissing() const;

    const ModelConfig &m_config;
    const GgufFile &m_file;
    std::vector<memory::Buffer> &m_made;
    bool m_scanAll; ///< matrices too, not only vectors
    std::unordered_set<std::string> m_taken;
    std::unordered_set<std::string> m_scanned; ///< stacks, which are scanned whole
    std::vector<std::string> m_missing;
};

} // namespace engine::model
