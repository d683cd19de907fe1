#include "engine/model/detail/gguf_key_value.h"

#include <cstring>

namespace engine::model {

namespace {

using memory::DType;
using memory::Tensor;

std::uint64_t wide(int value)
{
    return static_cast<std::uint64_t>(value);
}

struct Shape {
    std::uint64_t heads;
    std::uint64_t nope;
    std::uint64_t value;
    std::uint64_t latent;

    std::uint64_t elements() const { return heads * (nope + value) * latent; }
};

Shape shapeOf(const ModelConfig &config)
{
    return {wide(config.num_attention_heads), wide(config.qk_nope_head_dim), wide(config.v_head_dim),
            wide(config.kv_lora_rank)};
}

/// Element `from` of `source` to element `to` of `target`, which has the source's type or F32.
void copyElement(const Tensor &source, std::uint64_t from, std::byte *target, std::uint64_t to, DType type)
{
    const std::size_t bytes = memory::dtypeBytes(type);
    if (source.dtype == type) {
        std::memcpy(target + to * bytes, static_cast<const std::byte *>(source.data) + from * bytes, bytes);
        return;
    }
    const float value = source.at(from);
    std::memcpy(target + to * bytes, &value, sizeof value);
}

} // namespace

GgufKeyValueNames ggufKeyValueNames(const std::string &joined)
{
    constexpr std::string_view name = "attn_kv_b";
    const std::size_t at = joined.find(name);
    const std::string before = joined.substr(0, at);
    const std::string after = joined.substr(at + name.size());
    return {before + "attn_k_b" + after, before + "attn_v_b" + after};
}

DType joinedType(DType key, DType value)
{
    const bool plain = key == DType::F16 || key == DType::BF16;
    return plain && key == value ? key : DType::F32;
}

memory::Buffer joinKeyValue(const ModelConfig &config, const Tensor &key, const Tensor &value)
{
    const Shape shape = shapeOf(config);
    const DType type = joinedType(key.dtype, value.dtype);
    memory::Buffer joined(shape.elements() * memory::dtypeBytes(type));
    std::uint64_t to = 0;
    for (std::uint64_t head = 0; head < shape.heads; ++head) {
        for (std::uint64_t row = 0; row < shape.nope; ++row) {
            for (std::uint64_t column = 0; column < shape.latent; ++column) {
                const std::uint64_t from = (head * shape.latent + column) * shape.nope + row;
                copyElement(key, from, joined.data(), to++, type);
            }
        }
        const std::uint64_t first = head * shape.value * shape.latent;
        for (std::uint64_t i = 0; i < shape.value * shape.latent; ++i) {
            copyElement(value, first + i, joined.data(), to++, type);
        }
    }
    return joined;
}

std::int64_t joinedExcess(const ModelConfig &config, const GgufFile &file)
{
    std::int64_t excess = 0;
    for (int layer = 0; config.isMla() && layer < config.num_hidden_layers + config.num_nextn_predict_layers; ++layer) {
        const std::string joined = "blk." + std::to_string(layer) + ".attn_kv_b.weight";
        const GgufKeyValueNames names = ggufKeyValueNames(joined);
        const GgufTensorInfo *key = file.info(names.key);
        const GgufTensorInfo *value = file.info(names.value);
        if (file.contains(joined) || key == nullptr || value == nullptr || !key->type->dtype || !value->type->dtype) {
            continue;
        }
        const std::size_t bytes = memory::dtypeBytes(joinedType(*key->type->dtype, *value->type->dtype));
        excess += static_cast<std::int64_t>(shapeOf(config).elements() * bytes);
        excess -= static_cast<std::int64_t>(key->bytes + value->bytes);
    }
    return excess;
}

} // namespace engine::model
