#include "engine/model/detail/gguf_resolver.h"

#include "engine/error.h"
#include "engine/model/detail/finite_scan.h"
#include "engine/model/detail/gguf_key_value.h"
#include "engine/model/detail/message.h"

#include <algorithm>

namespace engine::model {

namespace {

using memory::DType;
using memory::Tensor;

constexpr std::uint64_t fullScanBytes = std::uint64_t{256} << 20;
/// Metadata that promise far more than the file holds are refused before their names fill the memory.
constexpr std::size_t mostMissing = 10'000;

[[noreturn]] void failMismatch(const GgufFile &file, const std::string &name, const std::string &found,
                               const std::string &expected)
{
    const std::string &path = file.fileOf(name);
    throw Error(ErrorCode::TensorMismatch, path, name,
                path + ": tensor '" + name + "' has " + found + "; the metadata need " + expected + ".");
}

bool isPlain(DType type)
{
    return type == DType::F32 || type == DType::F16 || type == DType::BF16;
}

} // namespace

GgufResolver::GgufResolver(const ModelConfig &config, const GgufFile &file, std::vector<memory::Buffer> &made)
    : m_config(config), m_file(file), m_made(made), m_scanAll(file.totalBytes() <= fullScanBytes)
{
}

Tensor GgufResolver::plain(const std::string &name, std::initializer_list<std::uint64_t> dims)
{
    const GgufPlace place = ggufPlaceOf(name);
    const Tensor tensor = take(place, dims);
    if (!tensor.empty() && dims.size() < 2 && !isPlain(tensor.dtype)) {
        failMismatch(m_file, place.name, "type " + std::string(dtypeName(tensor.dtype)), "F32, BF16 or F16");
    }
    if (m_scanAll || dims.size() < 2) {
        scan(place.name, tensor);
    }
    return tensor;
}

Linear GgufResolver::linear(const std::string &name, std::uint64_t rows, std::uint64_t cols)
{
    const GgufPlace place = ggufPlaceOf(name);
    Linear result;
    if (place.expert) {
        result.weight = takeExpert(place, rows, cols);
    } else if (place.name.ends_with("attn_kv_b.weight")) {
        result.weight = joinKeyValue(place.name, rows, cols);
    } else {
        result.weight = take(place, {rows, cols});
    }
    if (m_scanAll && !place.expert) {
        scan(place.name, result.weight);
    }
    return result;
}

Tensor GgufResolver::take(const GgufPlace &place, std::vector<std::uint64_t> dims)
{
    if (!m_file.contains(place.name)) {
        if (m_missing.empty() || m_missing.back() != place.name) { // once for all experts in a stack
            m_missing.push_back(place.name);
        }
        if (m_missing.size() >= mostMissing) {
            failMissing();
        }
        return {};
    }
    m_taken.insert(place.name);
    const Tensor tensor = m_file.tensor(place.name);
    if (!std::equal(dims.begin(), dims.end(), tensor.dims().begin(), tensor.dims().end())) {
        failMismatch(m_file, place.name, "shape " + memory::shapeText(tensor.dims()),
                     "shape " + memory::shapeText(dims) + " (outermost dimension first)");
    }
    return tensor;
}

/// Newer files may have gate and up in one stack, gate first.
Tensor GgufResolver::takeExpert(const GgufPlace &place, std::uint64_t rows, std::uint64_t cols)
{
    GgufPlace stacked = place;
    std::uint64_t stackRows = rows;
    std::uint64_t firstRow = 0;
    const bool isUp = place.name.ends_with("ffn_up_exps.weight");
    if (isUp || place.name.ends_with("ffn_gate_exps.weight")) {
        const std::string both = place.name.substr(0, place.name.rfind("ffn_")) + "ffn_gate_up_exps.weight";
        if (m_file.contains(both)) {
            stacked.name = both;
            stackRows = 2 * rows;
            firstRow = isUp ? rows : 0;
        }
    }
    const Tensor stack = take(stacked, {static_cast<std::uint64_t>(m_config.n_routed_experts), stackRows, cols});
    if (stack.empty()) {
        return {};
    }
    if (m_scanAll && m_scanned.insert(stacked.name).second) {
        scan(stacked.name, stack);
    }
    const std::uint64_t dims[] = {rows, cols};
    Tensor matrix(stack.data, stack.dtype, dims);
    const auto expert = static_cast<std::uint64_t>(*place.expert);
    matrix.data = static_cast<const std::byte *>(stack.data) + (expert * stackRows + firstRow) * matrix.rowBytes();
    return matrix;
}

Tensor GgufResolver::joinKeyValue(const std::string &joined, std::uint64_t rows, std::uint64_t cols)
{
    const GgufKeyValueNames names = ggufKeyValueNames(joined);
    if (m_file.contains(joined) || !m_file.contains(names.key)) {
        for (const std::string &name : {names.key, names.value}) {
            m_taken.insert(name); // some files carry the parts beside the whole
        }
        return take({joined, std::nullopt}, {rows, cols});
    }
    const auto heads = static_cast<std::uint64_t>(m_config.num_attention_heads);
    const auto nope = static_cast<std::uint64_t>(m_config.qk_nope_head_dim);
    const auto width = static_cast<std::uint64_t>(m_config.v_head_dim);
    const Tensor key = take({names.key, std::nullopt}, {heads, cols, nope});
    const Tensor value = take({names.value, std::nullopt}, {heads, width, cols});
    if (key.empty() || value.empty()) {
        return {};
    }
    m_made.push_back(model::joinKeyValue(m_config, key, value));
    const std::uint64_t dims[] = {rows, cols};
    return {m_made.back().data(), joinedType(key.dtype, value.dtype), dims};
}

void GgufResolver::scan(const std::string &name, const Tensor &tensor)
{
    const auto bad = tensor.empty() ? std::nullopt : firstNonFinite(tensor);
    if (bad) {
        const std::string &file = m_file.fileOf(name);
        throw Error(ErrorCode::NonFinite, file, name,
                    file + ": tensor '" + name + "' contains NaN or infinity (first at index " + std::to_string(*bad) +
                        ").");
    }
}

void GgufResolver::finish() const
{
    if (!m_missing.empty()) {
        failMissing();
    }
    std::vector<std::string> unexpected;
    for (const std::string &name : m_file.names()) {
        if (!m_taken.contains(name) && name != "rope_freqs.weight") { // that one is in the config
            unexpected.push_back(name);
        }
    }
    if (!unexpected.empty()) {
        const std::string &file = m_file.fileOf(unexpected.front());
        throw Error(ErrorCode::TensorUnexpected, file, printable(unexpected.front()),
                    file + ": the metadata have no place for " + grouped(unexpected.size()) +
                        (unexpected.size() == 1 ? " tensor: " : " tensors: ") + upToFive(unexpected) + ".");
    }
}

void GgufResolver::failMissing() const
{
    throw Error(ErrorCode::TensorMissing, m_file.path(), m_missing.front(),
                m_file.path() + ": " + grouped(m_missing.size()) + (m_missing.size() >= mostMissing ? " or more" : "") +
                    (m_missing.size() == 1 ? " tensor that the metadata need is missing: "
                                           : " tensors that the metadata need are missing: ") +
                    upToFive(m_missing) + ".");
}

} // namespace engine::model
