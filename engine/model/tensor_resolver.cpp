#include "engine/model/detail/tensor_resolver.h"

#include "engine/error.h"
#include "engine/model/detail/finite_scan.h"
#include "engine/model/detail/message.h"

#include <algorithm>

namespace engine::model {

namespace {

using memory::DType;
using memory::Tensor;

constexpr std::uint64_t fullScanBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t scanPiece = std::uint64_t{4} << 20; ///< bytes, 40 ms at 100 MB/s: then a stop is looked for
/// A config that promises far more than the file holds is refused before its names fill the memory.
constexpr std::size_t mostMissing = 10'000;

} // namespace

TensorResolver::TensorResolver(const ModelConfig &config, const Checkpoint &checkpoint)
    : m_config(config), m_checkpoint(checkpoint), m_scanAll(checkpoint.totalBytes() <= fullScanBytes)
{
    if (!m_scanAll) {
        m_scattered.emplace(checkpoint);
    }
    m_toScan = prepareScan();
    m_checkpoint.watch().report(LoadStage::Weights, 0, m_toScan);
}

/// Returns how many bytes will be looked at, and asks the disk for those that lie far from each other.
std::uint64_t TensorResolver::prepareScan() const
{
    if (m_scanAll) {
        return m_checkpoint.totalBytes();
    }
    std::uint64_t sum = 0;
    for (const std::string &name : m_checkpoint.names()) {
        const Tensor &tensor = m_checkpoint.tensor(name);
        if (tensor.rank < 2 || name.ends_with("_scale_inv")) {
            memory::MappedFile::prefetch({static_cast<const std::byte *>(tensor.data), tensor.bytes()});
            sum += tensor.bytes();
        }
    }
    return sum;
}

Tensor TensorResolver::plain(const std::string &name, std::initializer_list<std::uint64_t> dims)
{
    const Tensor tensor = take(name, dims, "F32, BF16 or F16");
    if (!tensor.empty() && (!isFloatMatrixType(tensor.dtype) || tensor.dtype == DType::F8_E4M3)) {
        failMismatch(name, "type " + std::string(dtypeName(tensor.dtype)), "F32, BF16 or F16");
    }
    if (m_scanAll || dims.size() < 2) {
        scan(name, tensor);
    }
    return tensor;
}

Linear TensorResolver::linear(const std::string &name, std::uint64_t rows, std::uint64_t cols)
{
    const bool fp8 = m_config.quantization.quant_method == QuantizationConfig::Method::Fp8;
    const char *allowed =
        fp8 ? "F32, BF16, F16 or F8_E4M3" : "F32, BF16 or F16 (config.json has no quantization_config for F8_E4M3)";
    Linear result;
    result.weight = take(name, {rows, cols}, allowed);
    if (result.weight.empty()) {
        return result;
    }
    const bool quantized = result.weight.dtype == DType::F8_E4M3;
    if (!isFloatMatrixType(result.weight.dtype) || (quantized && !fp8)) {
        failMismatch(name, "type " + std::string(dtypeName(result.weight.dtype)), allowed);
    }
    if (m_scanAll) {
        scan(name, result.weight);
    }
    if (quantized) {
        result.scale = scaleOf(name, rows, cols);
    }
    return result;
}

void TensorResolver::refuse(const std::string &name, const std::string &why) const
{
    if (m_checkpoint.contains(name)) {
        const std::string &file = m_checkpoint.fileOf(name);
        throw Error(ErrorCode::UnsupportedFeature, file, name, file + ": tensor '" + name + "': " + why + ".");
    }
}

void TensorResolver::finish() const
{
    if (!m_missing.empty()) {
        failMissing();
    }
    std::vector<std::string> unexpected;
    for (const std::string &name : m_checkpoint.names()) {
        if (!m_taken.contains(name) && !name.ends_with(".rotary_emb.inv_freq")) {
            unexpected.push_back(name);
        }
    }
    if (!unexpected.empty()) {
        const std::string &file = m_checkpoint.fileOf(unexpected.front());
        throw Error(ErrorCode::TensorUnexpected, file, printable(unexpected.front()),
                    file + ": config.json has no place for " + grouped(unexpected.size()) +
                        (unexpected.size() == 1 ? " tensor: " : " tensors: ") + upToFive(unexpected) + ".");
    }
}

Tensor TensorResolver::take(const std::string &name, std::initializer_list<std::uint64_t> dims,
                            const std::string &types)
{
    if (!m_checkpoint.contains(name)) {
        m_missing.push_back(name);
        if (m_missing.size() >= mostMissing) {
            failMissing();
        }
        return {};
    }
    m_taken.insert(name);
    const Tensor &tensor = m_checkpoint.tensor(name);
    if (!std::equal(dims.begin(), dims.end(), tensor.dims().begin(), tensor.dims().end())) {
        failMismatch(name, "shape " + memory::shapeText(tensor.dims()),
                     memory::shapeText({dims.begin(), dims.size()}) + " of " + types);
    }
    return tensor;
}

Tensor TensorResolver::scaleOf(const std::string &weight, std::uint64_t rows, std::uint64_t cols)
{
    const auto &block = m_config.quantization.weight_block_size;
    const std::uint64_t blockRows = static_cast<std::uint64_t>(block[0]);
    const std::uint64_t blockCols = static_cast<std::uint64_t>(block[1]);
    const std::string scaleName = weight + "_scale_inv";
    const Tensor scale =
        take(scaleName, {(rows + blockRows - 1) / blockRows, (cols + blockCols - 1) / blockCols}, "F32");
    if (!scale.empty() && scale.dtype != DType::F32) {
        failMismatch(scaleName, "type " + std::string(dtypeName(scale.dtype)), "F32");
    }
    scan(scaleName, scale);
    return scale;
}

void TensorResolver::scan(const std::string &name, const Tensor &tensor)
{
    const std::uint64_t width = memory::dtypeBytes(tensor.dtype);
    const std::uint64_t count = tensor.empty() ? 0 : tensor.elements();
    for (std::uint64_t first = 0; first < count; first += scanPiece / width) {
        m_checkpoint.watch().throwIfStopped(m_checkpoint.folder());
        const std::uint64_t elements = std::min(scanPiece / width, count - first);
        const Tensor part(static_cast<const std::byte *>(tensor.data) + first * width, tensor.dtype,
                          std::span(&elements, 1));
        if (const auto bad = firstNonFinite(part)) {
            failNonFinite(name, first + *bad);
        }
        m_scanned += part.bytes();
        m_checkpoint.watch().report(LoadStage::Weights, m_scanned, m_toScan);
    }
}

void TensorResolver::failNonFinite(const std::string &name, std::uint64_t index) const
{
    const std::string &file = m_checkpoint.fileOf(name);
    throw Error(ErrorCode::NonFinite, file, name,
                file + ": tensor '" + name + "' contains NaN or infinity (first at index " + std::to_string(index) +
                    ").");
}

void TensorResolver::failMissing() const
{
    throw Error(ErrorCode::TensorMissing, m_checkpoint.folder(), m_missing.front(),
                m_checkpoint.folder() + ": " + grouped(m_missing.size()) +
                    (m_missing.size() >= mostMissing ? " or more" : "") +
                    (m_missing.size() == 1 ? " tensor that config.json needs is missing: "
                                           : " tensors that config.json needs are missing: ") +
                    upToFive(m_missing) + ".");
}

void TensorResolver::failMismatch(const std::string &name, const std::string &found, const std::string &expected) const
{
    const std::string &file = m_checkpoint.fileOf(name);
    throw Error(ErrorCode::TensorMismatch, file, name,
                file + ": tensor '" + name + "' has " + found + "; config.json needs " + expected + ".");
}

} // namespace engine::model
