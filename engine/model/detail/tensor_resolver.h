#pragma once
// Takes tensors out of a checkpoint by name and checks what it takes.

#include "engine/memory/tensor.h"
#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"
#include "engine/model/weights.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace engine::model {

/// Shape and type of every tensor come from the config; the file only confirms them. Missing tensors come back empty
/// and are reported together by finish(). Tells the checkpoint's watch how much was looked at. Throws Error
/// TensorMismatch, NonFinite, TensorMissing, TensorUnexpected, UnsupportedFeature, Cancelled.
class TensorResolver final : public TensorSource {
public:
    TensorResolver(const ModelConfig &config, const Checkpoint &checkpoint);

    bool contains(const std::string &name) const override { return m_checkpoint.contains(name); }

    /// A norm weight, a bias, the embedding or the router: F32, BF16 or F16.
    memory::Tensor plain(const std::string &name, std::initializer_list<std::uint64_t> dims) override;
    /// A weight [rows, cols], with its scale when it is F8_E4M3.
    Linear linear(const std::string &name, std::uint64_t rows, std::uint64_t cols) override;

    /// UnsupportedFeature when the file has a tensor `name`.
    void refuse(const std::string &name, const std::string &why) const override;

    /// Nothing may be missing or left over (but `…rotary_emb.inv_freq` of old files, which is computed).
    void finish() const;

private:
    memory::Tensor take(const std::string &name, std::initializer_list<std::uint64_t> dims, const std::string &types);
    memory::Tensor scaleOf(const std::string &weight, std::uint64_t rows, std::uint64_t cols);
    std::uint64_t prepareScan() const;
    void scan(const std::string &name, const memory::Tensor &tensor);
    [[noreturn]] void failMissing() const;
    [[noreturn]] void failNonFinite(const std::string &name, std::uint64_t index) const;
    [[noreturn]] void failMismatch(const std::string &name, const std::string &found,
                                   const std::string &expected) const;

    const ModelConfig &m_config;
    const Checkpoint &m_checkpoint;
    bool m_scanAll;                                        ///< matrices too, not only norms, biases and scales
    std::optional<Checkpoint::ScatteredReads> m_scattered; ///< unless everything is read
    std::uint64_t m_toScan;                                ///< bytes, if nothing is wrong
    std::uint64_t m_scanned = 0;
    std::unordered_set<std::string> m_taken;
    std::vector<std::string> m_missing;
};

} // namespace engine::model
